// The table of all runs: its lines, and which of them are shown.
"use strict";

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

document.addEventListener("DOMContentLoaded", () => setTimeout(fillRuns));
search.addEventListener("input", filterRuns);
