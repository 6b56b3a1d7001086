// The theme, kept by the browser, the title of the tab, the address that controls write, and the buttons of actions. Without a choice the page follows the system.
(function () {
  const KEY = "storecast-theme";
  const TWICE = 700; // milliseconds
  let last = {};
  const root = document.documentElement;
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const apply = (theme) => { root.dataset.theme = theme; };
  apply(localStorage.getItem(KEY) || system());
  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    storecast: {
      theme: function (clicks) {
        if (clicks) {
          const next = root.dataset.theme === "dark" ? "light" : "dark";
          localStorage.setItem(KEY, next);
          apply(next);
        }
        return root.dataset.theme;
      },
      // Returns the button that was pressed with what stands in the fields; a second press at once is one press.
      act: function (_clicks, values, ids, entries) {
        const pressed = window.dash_clientside.callback_context.triggered.filter((each) => each.value);
        if (pressed.length !== 1) return window.dash_clientside.no_update;
        const id = JSON.parse(pressed[0].prop_id.slice(0, -".n_clicks".length));
        const same = last.name === id.name && last.key === id.key && Date.now() - last.at < TWICE;
        last = { name: id.name, key: id.key, at: Date.now() };
        if (same) return window.dash_clientside.no_update;
        const fields = Object.fromEntries(ids.map((field, place) => [field.name, values[place]]));
        return Object.assign({ entries: Object.assign({}, entries, fields) }, last);
      },
      // Writes what somebody changed into the address. A view that was just drawn changes all its controls, with its mark.
      address: function (values, ids, search) {
        const changed = window.dash_clientside.callback_context.triggered.map((each) => JSON.parse(each.prop_id.slice(0, -".value".length)).name);
        if (!changed.length || changed.includes("_")) return window.dash_clientside.no_update;
        const query = new URLSearchParams(search || "");
        const before = query.toString();
        ids.forEach((id, place) => {
          const value = values[place];
          if (!changed.includes(id.name)) return;
          if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length)) query.delete(id.name);
          else query.set(id.name, Array.isArray(value) ? value.join(",") : String(value));
        });
        const after = query.toString();
        return after === before ? window.dash_clientside.no_update : after ? "?" + after : "";
      },
      language: function (clicks, preferences) {
        const pressed = window.dash_clientside.callback_context.triggered.filter((each) => each.value);
        if (pressed.length !== 1) return window.dash_clientside.no_update;
        return Object.assign({}, preferences, { language: JSON.parse(pressed[0].prop_id.slice(0, -".n_clicks".length)).code });
      },
      silence: () => null,
      title: function (drawn) {
        if (drawn) {
          document.title = drawn.title;
          root.lang = drawn.language;
        }
        return window.dash_clientside.no_update;
      },
    },
  });
})();

// Dash 4.4.1 puts the focus of a dropdown on an input that is hidden from screen readers, and calls the labels around radio buttons
// and check boxes options of a list, which may hold no inputs, and gives its field for files no name: all are named as they are.
new MutationObserver(() => {
  const labelOf = (element) => element.closest(".control")?.querySelector(".label")?.textContent || "";
  for (const target of document.querySelectorAll(".dash-dropdown-focus-target[aria-hidden]")) {
    target.removeAttribute("aria-hidden");
    target.setAttribute("aria-label", labelOf(target));
  }
  for (const file of document.querySelectorAll('.upload input[type="file"]:not([aria-label])')) {
    file.setAttribute("aria-label", file.closest(".upload").textContent);
  }
  for (const input of document.querySelectorAll('[role="option"] > .dash-options-list-option-wrapper > input')) {
    const option = input.closest('[role="option"]');
    const list = option.closest('[role="listbox"]');
    if (list && !list.closest(".dash-dropdown-content")) {
      list.setAttribute("role", input.type === "radio" ? "radiogroup" : "group");
      list.setAttribute("aria-label", labelOf(list));
    }
    option.removeAttribute("role");
    option.removeAttribute("aria-selected");
  }
}).observe(document.documentElement, { childList: true, subtree: true });
