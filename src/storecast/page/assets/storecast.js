// The theme, kept by the browser, and the title of the tab. Without a choice the page follows the system.
(function () {
  const KEY = "storecast-theme";
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
