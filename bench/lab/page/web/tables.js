// Tables: the heads of each sort it.
"use strict";

const collator = new Intl.Collator("en", {numeric: true});
// A number, perhaps with the sign before it, and the interval, unit or mark after it.
const NUMBER = new RegExp(["^(?:[<>]=\\s*)?", "([-+]?[\\d,]*\\.?\\d+(?:e[-+]?\\d+)?)",
  "(?:\\.\\.\\S+)?", "(?:\\s*(?:[=?]|%|[KMG]iB|n?s|B))?$"].join(""), "i");

function keyOf(row, column) {
  const words = row.cells[column]?.textContent.trim() ?? "";
  const found = NUMBER.exec(words);
  return {words, value: found ? Number(found[1].replaceAll(",", "")) : null};
}

// Numbers before words; what is empty stays last, whichever way is sorted.
function compare(a, b, down) {
  if (!a.words || !b.words) return Number(!a.words) - Number(!b.words);
  if ((a.value === null) !== (b.value === null)) return a.value === null ? 1 : -1;
  const order = a.value === null ? collator.compare(a.words, b.words) : a.value - b.value;
  return down ? -order : order;
}

function sort(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const before = heads[column].getAttribute("aria-sort");
  const rows = [...table.tBodies[0].rows].map(row => ({row, key: keyOf(row, column)}));
  const numbers = rows.some(({key}) => key.value !== null);
  const down = before ? before === "ascending" : numbers;
  heads.forEach(head => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  rows.sort((a, b) => compare(a.key, b.key, down));
  table.tBodies[0].append(...rows.map(({row}) => row));
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column));
    head.append(button);
  });
}

// Words are left, numbers right, heads as what is below them.
function align(table) {
  for (const cell of table.querySelectorAll("td + td:not(.why)")) {
    if (/^[^<>\d.+-]/.test(cell.textContent)) cell.classList.add("words");
  }
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const cells = [...table.tBodies[0].rows].map(row => row.cells[column]);
    if (cells.some(cell => cell?.classList.contains("words"))) head.classList.add("words");
  });
}

// One that a script fills is made sortable by it.
document.querySelectorAll("table.sortable").forEach(table => {
  if (!table.tHead) return;
  align(table);
  makeSortable(table);
});
