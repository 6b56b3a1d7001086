// A table as one component of Dash: every component that Dash draws makes all others look for a change, so that cells must not be any.
(function () {
  const content = (cell, children) => {
    if (Array.isArray(cell)) return cell.map((each, place) => React.createElement(React.Fragment, { key: place }, content(each, children)));
    if (cell === null || typeof cell !== "object") return cell;
    if ("child" in cell) return children[cell.child];
    const { children: inside, ...rest } = cell.props;
    const kind = cell.namespace === "dash_html_components" ? cell.type.toLowerCase() : window[cell.namespace][cell.type];
    return inside === null || inside === undefined ? React.createElement(kind, rest) : React.createElement(kind, rest, content(inside, children));
  };
  const Table = ({ names, kinds, rows, children }) => {
    const known = [].concat(children === null || children === undefined ? [] : children);
    const head = names.map((name, place) => React.createElement("th", { key: place, className: kinds[place], scope: "col" }, name));
    const body = rows.map((row, number) => React.createElement("tr", { key: number }, row.map(([cell, kind], place) =>
      React.createElement("td", { key: place, className: kind, "data-label": names[place] }, content(cell, known)))));
    return React.createElement("table", null, React.createElement("thead", null, React.createElement("tr", null, head)), React.createElement("tbody", null, body));
  };
  window.storecast_page = { Table };
})();
