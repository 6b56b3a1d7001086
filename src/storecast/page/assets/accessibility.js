// What Dash 4.4.1 leaves out for people who use a keyboard or a screen reader is put in as it draws.
(function () {
  const root = document.documentElement;
  const labelOf = (element) => element.closest(".control")?.querySelector(".label")?.textContent || "";

  // It puts a hidden field before the button of a dropdown, and names it by its value alone: here the button takes the focus,
  // and its label names it, too.
  const mendDropdown = (wrapper) => {
    const button = wrapper.querySelector("button.dash-dropdown");
    const target = wrapper.querySelector(".dash-dropdown-focus-target");
    if (button && button.tabIndex < 0) button.tabIndex = 0;
    if (target && target.tabIndex >= 0) target.tabIndex = -1;
    const label = wrapper.parentElement.querySelector(":scope > .label");
    if (button && label && !label.id) {
      label.id = "label-of-" + button.id;
      button.setAttribute("aria-labelledby", label.id + " " + button.getAttribute("aria-labelledby"));
    }
  };

  // It calls the labels around radio buttons and check boxes options of a list, which may hold no inputs.
  const mendOption = (input) => {
    const option = input.closest('[role="option"]');
    const list = option.closest('[role="listbox"]');
    if (list && !list.closest(".dash-dropdown-content")) {
      list.setAttribute("role", input.type === "radio" ? "radiogroup" : "group");
      list.setAttribute("aria-label", labelOf(list));
    }
    option.removeAttribute("role");
    option.removeAttribute("aria-selected");
  };

  // It gives the field of an upload no name.
  const mendUpload = (file) => file.setAttribute("aria-label", file.closest(".upload").textContent);

  new MutationObserver(() => {
    document.querySelectorAll(".dash-dropdown-wrapper").forEach(mendDropdown);
    document.querySelectorAll('[role="option"] > .dash-options-list-option-wrapper > input').forEach(mendOption);
    document.querySelectorAll('.upload input[type="file"]:not([aria-label])').forEach(mendUpload);
  }).observe(root, { childList: true, subtree: true });
  // Whoever types while a dropdown is open searches: from an option, which is where Dash puts the focus, and before it has done so.
  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=radio], [type=checkbox]):not(.dash-dropdown-focus-target), textarea")) return;
    document.querySelector(".dash-dropdown-content .dash-dropdown-search")?.focus();
  }, true);
})();
