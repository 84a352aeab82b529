// The charts of a history: each row over time, a line for each variant, its changes marked.
"use strict";

const measure = document.querySelector("#time select");
const CHANGE = 8; // px: radius of the mark of a change

function colourOf(change) {
  return ink(change.better ? "good" : "bad");
}

// A dashed line before each marked point.
const boundaries = {
  id: "boundaries",
  beforeDatasetsDraw(chart) {
    const {ctx, chartArea: area, scales: {x}} = chart;
    ctx.save();
    ctx.setLineDash([4, 4]);
    for (const set of chart.data.datasets) {
      for (const change of set.changes) {
        const at = (x.getPixelForValue(change.at) + x.getPixelForValue(change.at - 1)) / 2;
        ctx.strokeStyle = colourOf(change);
        ctx.beginPath();
        ctx.moveTo(at, area.top);
        ctx.lineTo(at, area.bottom);
        ctx.stroke();
      }
    }
    ctx.restore();
  },
};

function lineOf({variant, values, changes}) {
  const look = pointOf(data.variants[variant]);
  const of = (usual, marked) => values.map((_, at) => {
    const change = changes.find(one => one.at === at);
    return change ? marked(change) : usual;
  });
  return {
    ...look, label: data.variants[variant].name, data: values, changes, spanGaps: true,
    pointRadius: of(3, () => CHANGE), pointHoverRadius: of(6, () => CHANGE),
    pointStyle: of(look.pointStyle, () => "rectRot"),
    pointBackgroundColor: of(look.pointBackgroundColor, colourOf),
    pointBorderColor: of(look.pointBorderColor, colourOf),
  };
}

makers.time = (index, width) => {
  const chart = data.charts[index];
  const {head, lines} = chart.measures[measure.value];
  const variants = shown();
  const sets = lines.filter(line => variants.includes(line.variant)).map(lineOf);
  const values = sets.flatMap(set => set.data).filter(value => value !== null);
  if (!values.length) return null;
  const made = curves(chart.labels, sets, logAxis(values, head, {room: 6, span: 1.2}), "");
  made.plugins = [boundaries];
  made.options.scales.x.ticks.maxTicksLimit = Math.max(2, Math.floor(width / 90));
  made.options.scales.x.ticks.maxRotation = 0;
  made.options.plugins.legend.labels.generateLabels = ({data: {datasets}}) =>
    datasets.map((set, datasetIndex) => {
      const look = pointOf(data.variants.find(one => one.name === set.label));
      return {text: set.label, datasetIndex, pointStyle: look.pointStyle, lineWidth: 2,
        fillStyle: look.pointBackgroundColor, strokeStyle: look.borderColor,
        fontColor: ink("text")};
    });
  made.options.plugins.tooltip.callbacks = {
    title: items => (items[0] ? chart.names[items[0].dataIndex] : ""),
    label: item => `${item.dataset.label}: ${number(item.parsed.y)}`,
    afterLabel: ({dataset, dataIndex}) => dataset.changes.filter(one => one.at === dataIndex)
      .map(one => `${number(one.then)}, then ${number(one.now)}: ${one.words}`),
  };
  return made;
};

measure.addEventListener("change", () => drawAgain());
