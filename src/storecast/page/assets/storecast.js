// The theme, kept by the browser, the title of the tab, the address that controls write, and the buttons of actions. Without a choice the page follows the system.
(function () {
  const KEY = "storecast-theme";
  const root = document.documentElement;
  const TWICE = 700; // milliseconds
  let last = {};
  const edited = (edit) => JSON.stringify([edit.level, edit.key, edit.first]);
  const money = (value) => new Intl.NumberFormat(root.lang, Math.abs(value) < 1000 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 }).format(value);
  // What the grid of the plan calls.
  // Of two marks the last is the decimal one, in either language. One alone before three digits is what the language takes it for.
  const numberOf = (text, german) => {
    const last = Math.max(text.lastIndexOf(","), text.lastIndexOf("."));
    const mark = text[last] || "";
    const single = text.indexOf(mark) === last && (text.length - last !== 4 || mark === (german ? "," : "."));
    const decimal = last >= 0 && (single || text.includes(mark === "," ? "." : ","));
    const [whole, cents] = decimal ? [text.slice(0, last), text.slice(last + 1)] : [text, ""];
    const grouped = /^\d+$|^\d{1,3}([.,])\d{3}(\1\d{3})*$/.test(whole) && !(decimal && whole.includes(mark));
    return grouped && /^\d*$/.test(cents) ? Number(`${whole.replace(/[.,]/g, "")}.${cents}0`) : NaN;
  };
  window.dashAgGridFunctions = Object.assign({}, window.dashAgGridFunctions, {
    storecastMoney: (params) => (params.value === null || params.value === undefined ? "" : money(params.value)),
    storecastAmount: (params) => {
      const text = String(params.newValue).replace(/[\s'’]/g, "");
      const value = numberOf(text, root.lang === "de");
      return Number.isFinite(value) && value >= 0 ? Math.round(value * 100) / 100 : params.oldValue;
    },
    storecastPlanCell: (params) => {
      const right = "ag-right-aligned-cell ";
      if (params.node.rowPinned) return right;
      const place = params.colDef.field.slice(1);
      return right + (params.data["h" + place] ? "overridden " : "") + (params.value !== params.data["p" + place] ? "edited" : "");
    },
  });
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const apply = (theme) => { root.dataset.theme = theme; };
  apply(localStorage.getItem(KEY) || system());
  // Of what is said before the first view is drawn, which brings its language with it.
  const chosen = JSON.parse(localStorage.getItem("preferences") || "{}").language;
  root.lang = chosen || (navigator.language.startsWith("de") ? "de" : "en");
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
      // Adds cells that were changed in the grid of the plan to what was entered and not taken yet; one that is as before is no change.
      edits: function (changes, entries, columns) {
        const none = window.dash_clientside.no_update;
        if (!changes || !changes.length) return [none, none];
        const edits = new Map(((entries || {})["plan-edits"] || []).map((each) => [edited(each), each]));
        for (const { colId, data, value } of changes) {
          const column = columns.find((each) => each.field === colId);
          const old = data["p" + colId.slice(1)];
          const edit = { level: data.level, key: data.key, name: data.name, week: column.headerName, old, value, ...column.context };
          if (value === old) edits.delete(edited(edit));
          else edits.set(edited(edit), edit);
        }
        const list = [...edits.values()];
        const line = (each) => `${each.name}, ${each.week}: ${money(each.old)} → ${money(each.value)}`;
        const lines = list.map((each) => ({ namespace: "dash_html_components", type: "Li", props: { children: line(each) } }));
        return [Object.assign({}, entries, { "plan-edits": list }), lines];
      },
      // Writes a change of the calendar into the address; what was worked out before is of other changes.
      addChange: function (clicks, name, stores, first, last, change, search) {
        if (!clicks || !stores || !stores.length || !first || !last || !change) return window.dash_clientside.no_update;
        const query = new URLSearchParams(search || "");
        const changes = (query.get(name) || "").split(";").filter(Boolean);
        const days = first <= last ? first + "~" + last : last + "~" + first;
        stores.forEach((each) => changes.push(each + "~" + days + "~" + change));
        query.set(name, changes.join(";"));
        query.delete("run");
        return "?" + query.toString();
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
