// What the theme leaves out for people who use a keyboard or a screen reader: wide tables that scroll, and the name of the search.
const mend = () => {
  document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach((table) => (table.tabIndex = 0));
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
};
mend();
new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
