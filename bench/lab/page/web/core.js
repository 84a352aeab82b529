// What the charts share: the data, the colours of the page, when a chart is drawn.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

// Name of a chart -> function of its figure's index and width, px, that gives what Chart.js is to
// draw and `height`, px; null where there is nothing to draw.
const makers = {};

const root = document.documentElement;
const ink = name => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const figures = [...document.querySelectorAll("figure[data-chart]")];
const onPage = new WeakSet(); // figures that were near the window once

function shown() {
  return [...document.querySelectorAll(".chip input:checked")].map(box => Number(box.value));
}

function draw(figure) {
  const canvas = figure.querySelector("canvas");
  const plot = canvas.parentElement;
  Chart.getChart(canvas)?.destroy();
  figure.classList.remove("empty");
  const made = makers[figure.dataset.chart](Number(figure.dataset.index), plot.clientWidth);
  figure.classList.toggle("empty", !made);
  if (!made) return;
  plot.style.height = `${made.height ?? 320}px`;
  new Chart(canvas, made);
}

function drawAgain(names) {
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = ink("text");
  Chart.defaults.borderColor = ink("line");
  for (const figure of figures) {
    if (onPage.has(figure) && (!names || names.includes(figure.dataset.chart))) draw(figure);
  }
}

// ---- looks --------------------------------------------------------------------------------------

// How the points of a variant are drawn: profiles filled and a little larger, peers hollow.
function pointOf(variant) {
  const own = variant.family === "hakmem";
  return {
    borderColor: variant.colour, pointBorderColor: variant.colour, pointBorderWidth: 2,
    backgroundColor: variant.colour,
    pointBackgroundColor: own ? variant.colour : ink("card"),
    pointStyle: variant.mark, pointRadius: own ? 5 : 4.5, pointHoverRadius: 7,
    borderWidth: own ? 2.5 : 1.5,
  };
}

function number(value) {
  if (value === null || value === undefined) return "";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", Math.abs(value) < 1 ? {maximumSignificantDigits: 3}
    : {minimumFractionDigits: digits, maximumFractionDigits: digits});
}

function withInterval([value, low, high]) {
  return number(value) + (low === null ? " (too few runs to tell)" : ` (${number(low)} to ${number(high)})`);
}

// ---- axes ---------------------------------------------------------------------------------------

// Round numbers from `low` to `high`, both above 0, about as many as a logarithmic axis has room
// for: steps of equal width within a factor of 3, else 1, 2, 5 times a power of ten.
function logTicks(low, high, room = 8) {
  if (high / low < 3) {
    const rough = (high - low) / Math.min(room, 6);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
    const first = Math.ceil(low / step), last = Math.floor(high / step);
    return Array.from({length: last - first + 1},
      (_, i) => Number(((first + i) * step).toPrecision(6)));
  }
  for (const factors of [[1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      ticks.push(...factors.map(factor => Number((factor * 10 ** power).toPrecision(6))));
    }
    const inside = ticks.filter(tick => tick >= low && tick <= high);
    if (inside.length <= room || factors.length === 1) return inside;
  }
}

// A logarithmic axis that holds the values with some space at both ends, and no less than a factor
// of `span`, so that small differences look small.
function logAxis(values, title, {room = 8, strong = null, format = plain,
  ticks = logTicks, span = 1} = {}) {
  let low = Math.min(...values), high = Math.max(...values);
  const space = Math.max((high / low) ** 0.06, 1.02, Math.sqrt(span * low / high));
  low /= space;
  high *= space;
  return {
    type: "logarithmic", min: low, max: high,
    title: {display: Boolean(title), text: title, color: ink("soft")},
    afterBuildTicks: axis => { axis.ticks = ticks(low, high, room).map(value => ({value})); },
    ticks: {autoSkip: true, maxRotation: 0, color: ink("soft"), callback: value => format(value)},
    grid: {
      color: item => (item.tick?.value === strong ? ink("text") : ink("line")),
      lineWidth: item => (item.tick?.value === strong ? 1.5 : 1),
    },
  };
}

function plain(value) {
  return value.toLocaleString("en-US", {maximumSignificantDigits: 3});
}

// ---- when ---------------------------------------------------------------------------------------

const watcher = new IntersectionObserver(entries => {
  for (const {isIntersecting, target} of entries) {
    if (isIntersecting && !onPage.has(target)) {
      onPage.add(target);
      draw(target);
    }
  }
}, {rootMargin: "300px"});

function showLegend() {
  document.querySelector(".shown").replaceChildren(...shown().map(index => {
    const one = document.createElement("span"), sign = document.createElement("span");
    const variant = data.variants[index];
    sign.style.color = variant.colour;
    sign.textContent = variant.sign;
    one.append(sign, ` ${variant.name}`);
    return one;
  }));
}

function chooseVariants() {
  showLegend();
  drawAgain();
}

document.querySelector(".chips").addEventListener("change", chooseVariants);
for (const button of document.querySelectorAll("[data-choose]")) {
  button.addEventListener("click", () => {
    for (const box of document.querySelectorAll(".chip input")) {
      const variant = data.variants[box.value];
      const plain = variant.family !== "reference";
      box.checked = button.dataset.choose === "main" ? variant.main : plain;
    }
    chooseVariants();
  });
}

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  drawAgain();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAgain());
window.addEventListener("beforeprint", () => {
  root.dataset.print = "";
  figures.forEach(figure => onPage.add(figure));
  drawAgain();
});
window.addEventListener("afterprint", () => {
  delete root.dataset.print;
  drawAgain();
});
// All scripts have run by then.
document.addEventListener("DOMContentLoaded", () => {
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.plugins.legend.display = false;
  showLegend();
  drawAgain();
  figures.forEach(figure => watcher.observe(figure));
});
