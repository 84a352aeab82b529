// Tables: the lines of all runs, and sorting by the heads of each table.
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

// ---- all runs -----------------------------------------------------------------------------------

const runs = document.querySelector("#runs table");
const search = document.querySelector("#runs input");

function show(value) {
  if (value === null) return "";
  return typeof value === "number"
    ? value.toLocaleString("en-US", {maximumFractionDigits: 6, useGrouping: false}) : value;
}

function fillRuns() {
  const head = runs.createTHead().insertRow();
  const columns = ["benchmark", "parameters", "variant", "rep", "status", ...data.runs.columns];
  for (const name of columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name;
    head.append(cell);
  }
  const body = runs.createTBody();
  for (const [row, variant, ...rest] of data.runs.lines) {
    const {program, params} = data.rows[row];
    const line = body.insertRow();
    if (rest[1] !== "ok") line.className = "failed";
    [program, params, data.variants[variant].name, ...rest].forEach((value, column) => {
      const cell = line.insertCell();
      cell.textContent = show(value);
      if (column === 1) cell.className = "words";
    });
  }
  align(runs);
  makeSortable(runs);
  filterRuns();
}

// Keeps the lines that hold each of the words.
function filterRuns() {
  const words = search.value.toLowerCase().split(/\s+/);
  let count = 0;
  for (const line of runs.tBodies[0].rows) {
    const text = [...line.cells].slice(0, 5).map(cell => cell.textContent).join(" ").toLowerCase();
    line.hidden = !words.every(word => text.includes(word));
    count += !line.hidden;
  }
  document.querySelector("#runs .count").textContent =
    `${count} of ${data.runs.lines.length} runs`;
}

document.querySelectorAll("table.sortable").forEach(table => {
  if (table === runs) return;
  align(table);
  makeSortable(table);
});
document.addEventListener("DOMContentLoaded", () => setTimeout(fillRuns));
search.addEventListener("input", filterRuns);
