// A request of the page that fails: Dash says nothing of it, so a sentence above the view does, and what was typed is kept.
(function () {
  const UPDATE = "_dash-update-component";
  const MAX_KEPT = 100000; // characters of a field that outlive a login; a file that was chosen is chosen again
  const failing = new Set(); // outputs whose last request failed
  const BUSY = [429, 502, 503, 504];
  let typed = {};

  const kindOf = (status) => (status === 401 ? "login" : BUSY.includes(status) ? "busy" : "other");

  const show = (kind, detail) => {
    const box = document.getElementById("failed");
    if (!box) return;
    const lang = document.documentElement.lang;
    box.querySelectorAll("[data-kind]").forEach((each) => { each.hidden = each.dataset.kind !== kind || each.lang !== lang; });
    box.querySelector("#failed-detail").textContent = kind === "other" && detail ? detail : "";
    box.querySelectorAll("a").forEach((each) => { each.href = "/app/login?" + new URLSearchParams({ next: location.pathname + location.search }); });
    box.hidden = false;
  };

  const keep = () => {
    const fields = Object.entries(typed).filter(([, value]) => value !== null && value !== undefined && JSON.stringify(value).length < MAX_KEPT);
    const entries = window.dash_component_api.getLayout("entries").props.data;
    window.dash_clientside.set_props("entries", { data: Object.assign({}, entries, Object.fromEntries(fields)) });
  };

  const note = async (output, reply) => {
    if (!reply || !reply.ok) {
      failing.add(output);
      const problem = reply && kindOf(reply.status) === "other" ? await reply.clone().json().catch(() => ({})) : {};
      keep();
      show(reply ? kindOf(reply.status) : "network", problem.detail);
      return;
    }
    if (output.includes("view.children")) failing.clear(); // drawn anew, with all its parts
    else failing.delete(output);
    if (!failing.size) document.getElementById("failed").hidden = true;
  };

  const send = window.fetch;
  window.fetch = async (address, options) => {
    if (!String(address).includes(UPDATE)) return send(address, options);
    const { output } = JSON.parse(options.body);
    let reply;
    try {
      reply = await send(address, options);
      return reply;
    } finally {
      await note(output, reply);
    }
  };

  // The next person at this browser is shown nothing of what the last one typed.
  document.addEventListener("submit", (event) => {
    if (event.target.action.endsWith("/app/logout")) sessionStorage.clear();
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside, {
    storecastFailures: {
      typed: (values, ids) => {
        typed = Object.fromEntries(ids.map((field, place) => [field.name, values[place]]));
        return window.dash_clientside.no_update;
      },
      again: (clicks, written) => (clicks.some(Boolean) ? (written || 0) + 1 : window.dash_clientside.no_update),
    },
  });
})();
