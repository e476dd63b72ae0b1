// The grid's way to the server, and how its cells are shown. No address but this server's.
document.addEventListener("keydown", (event) => {
  const words = document.querySelector(".k-word input");
  if (event.key !== "/" || !words || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
  event.preventDefault();
  words.focus();
});

window.kaiche = {
  source(url) {
    return {
      rowCount: undefined,
      getRows(asked) {
        const place = new URL(url, window.location.origin);
        place.searchParams.set("start", asked.startRow);
        place.searchParams.set("end", asked.endRow);
        const order = asked.sortModel[0];
        if (order) place.searchParams.set("sort", (order.sort === "desc" ? "-" : "") + order.colId);
        fetch(place, { credentials: "same-origin" })
          .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
          .then((found) => {
            asked.successCallback(found.rows, found.total);
            kaiche.say(found.total ? null : "empty");
          })
          .catch(() => {
            asked.failCallback();
            kaiche.say("failed");
          });
      },
    };
  },
  say(what) {
    // What stands in the grid where there are no rows: nothing found, or nothing could be read.
    const api = this.api;
    if (!api || api.isDestroyed()) return;
    if (what === null) return api.hideOverlay();
    const told = document.createElement("span");
    told.className = `k-overlay k-${what}`;
    told.setAttribute("role", what === "failed" ? "alert" : "status");
    told.textContent = api.getGridOption("context")[what];
    api.setGridOption("overlayNoRowsTemplate", told.outerHTML);
    api.showNoRowsOverlay();
  },
  fold(button) {
    const open = document.querySelector(".k-main").classList.toggle("k-open");
    button.setAttribute("aria-expanded", String(open));
  },
  show(grid, url) {
    getElement(grid).api.setGridOption("datasource", this.source(url));
  },
  again(grid) {
    const api = getElement(grid).api;
    api.deselectAll();
    api.refreshInfiniteCache();
  },
  link(cell) {
    if (!cell.data) return cell.context.loading;
    const place = document.createElement("a");
    place.href = `${window.location.pathname}/${cell.data.id}`;
    place.textContent = cell.value;
    return place;
  },
  fit(api) {
    this.api = api;
    // On a phone a line is its word, its bids and why; the rest is on the line's own page.
    if (window.innerWidth >= 700) return;
    const wide = ["state_text", "spend_before", "spend_after", "campaign", "binding", "note"];
    api.setColumnsVisible(wide, false);
    const narrow = { word: 118, bid_before: 64, bid: 66, change_rate: 68 };
    api.setColumnWidths(Object.entries(narrow).map(([key, newWidth]) => ({ key, newWidth })));
    const pick = api.getColumns().find((column) => column.getColId().startsWith("ag-Grid-Selection"));
    if (pick) api.setColumnWidths([{ key: pick, newWidth: 40 }]);
  },
  yuan(value) {
    if (value === null || value === undefined) return "–";
    const text = Math.abs(value).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return (value < 0 && text !== "0.00" ? "−" : "") + "¥" + text;
  },
  moved(value) {
    if (value === null || value === undefined) return "–";
    return (value > 0.004 ? "+" : "") + this.yuan(value);
  },
  percent(value) {
    if (!value) return "";
    return (value > 0 ? "+" : "−") + (Math.abs(value) * 100).toFixed(1) + "%";
  },
};
