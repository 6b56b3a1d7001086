// The theme, kept by the browser, the title of the tab, and the buttons of actions. Without a choice the page follows the system.
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
