// What the theme leaves out for people who use a keyboard or a screen reader: wide tables and drawings that scroll, and the name of the search.
const mend = () => {
  const scrolls = ".md-typeset__scrollwrap:not([tabindex]), .md-typeset p:has(> img[src$='.svg']):not([tabindex])";
  document.querySelectorAll(scrolls).forEach((part) => (part.tabIndex = 0));
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
};
mend();
new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
