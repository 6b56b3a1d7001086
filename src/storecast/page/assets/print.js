// On paper a grid is a table of all its rows: it draws those alone that its window shows, and the others only after the page has been printed.
(function () {
  const SHOWN = "on-screen"; // the class of a grid while its table stands beside it
  let tables = [];

  const row = (kind, texts) => {
    const line = document.createElement("tr");
    for (const text of texts) line.appendChild(document.createElement(kind)).textContent = text;
    return line;
  };

  const tableOf = (api) => {
    const columns = api.getAllDisplayedColumns();
    const cells = (rowNode) => columns.map((colKey) => api.getCellValue({ rowNode, colKey, useFormatter: true }) ?? "");
    const table = document.createElement("table");
    table.className = "printed";
    table.createTHead().append(row("th", columns.map((each) => api.getDisplayNameForColumn(each, null))));
    const body = table.createTBody();
    api.forEachNodeAfterFilterAndSort((node) => body.append(row("td", cells(node))));
    for (let place = 0; place < api.getPinnedBottomRowCount(); place++) body.append(row("td", cells(api.getPinnedBottomRow(place))));
    return table;
  };

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".ag-root-wrapper").forEach((wrapper) => {
      const grid = wrapper.closest("[id]");
      const table = tableOf(window.dash_ag_grid.getApi(grid.id));
      grid.classList.add(SHOWN);
      grid.after(table);
      tables.push([grid, table]);
    });
  });
  window.addEventListener("afterprint", () => {
    tables.forEach(([grid, table]) => { grid.classList.remove(SHOWN); table.remove(); });
    tables = [];
  });
})();
