"use strict";

// A click on a heading sorts the rows of its table, numbers first downwards; empty cells come last. Equal rows keep their order.
function keyOf(row, column, isNumber) {
  const cell = row.cells[column];
  if (!isNumber) return cell.textContent;
  return cell.dataset.key === undefined ? NaN : Number(cell.dataset.key);
}

function compare(a, b, sign) {
  if (typeof a === "string") return sign * a.localeCompare(b, "en", { numeric: true });
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
  return sign * (a - b);
}

function sortBy(heading) {
  const table = heading.closest("table");
  const isNumber = heading.classList.contains("number");
  const first = isNumber ? "descending" : "ascending";
  const second = isNumber ? "ascending" : "descending";
  const order = heading.getAttribute("aria-sort") === first ? second : first;
  for (const each of table.tHead.rows[0].cells) each.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const keyed = Array.from(table.tBodies[0].rows, (row) => [keyOf(row, heading.cellIndex, isNumber), row]);
  keyed.sort(([a], [b]) => compare(a, b, sign));
  table.tBodies[0].append(...keyed.map(([, row]) => row));
}

for (const heading of document.querySelectorAll("thead th")) {
  heading.querySelector("button").addEventListener("click", () => sortBy(heading));
}
