// Shows the figures of pages/threshold/slider.py at the slider's position. It only formats.

const REST_MS = 150 // at one place for this long, the slider is at rest; the server hears of it

const count = value => value.toLocaleString("en-US")
const amount = value =>
  value >= 9.95 ? count(Math.round(value)) : value >= 0.095 || !value ? value.toFixed(1) : `${Number(value.toPrecision(2))}`
const sign = value => (value < 0 ? "-" : "+")
const percent = value => {
  if (value === null) return "-"
  if (value > 0 && value < 0.0005) return "< 0.1 %"
  return value >= 0.9995 && value < 1 ? "> 99.9 %" : `${(100 * value).toFixed(1)} %`
}

// How a figure is written, from its value at the slider and at the threshold in force.
const FORMATS = {
  count,
  amount,
  percent,
  rest: value => percent(1 - value),
  points: (value, now) =>
    value === null || now === null || value === now ? "" : `${sign(value - now)}${Math.abs(100 * (value - now)).toFixed(1)} points`,
  change: (value, now) => (value === now ? "" : sign(value - now) + amount(Math.abs(value - now))),
  more: (value, now) => (value === now ? "as many" : `${amount(Math.abs(value - now))} ${value > now ? "more" : "fewer"}`),
}

export default function ({ parentElement, data, setStateValue }) {
  const view = (parentElement.view ??= begin(parentElement))
  view.tell = value => setStateValue("at", value)
  if (view.source !== data.table) {
    view.source = data.table
    view.table = JSON.parse(data.table)
    Object.assign(view.slider, { min: view.table.lowest, max: view.table.highest, step: view.table.step })
    for (const [side, pixels] of Object.entries(view.table.margin)) view.room.style.setProperty(`--${side}`, `${pixels}px`)
  }
  const [number, position] = data.given
  if (view.given !== number) {
    view.given = number
    view.slider.value = position
  }
  show(view)
  return () => clearTimeout(view.timer)
}

function begin(root) {
  const view = {
    room: root.closest(".st-key-proposal"),
    slider: root.querySelector("input"),
    figures: root.querySelectorAll("[data-of]"),
    names: root.querySelectorAll("[data-name]"),
    words: root.querySelectorAll("[data-word]"),
  }
  view.slider.oninput = () => show(view)
  view.slider.onchange = () => rest(view)
  drag(view)
  return view
}

// The mark can be dragged along the chart, too.
function drag(view) {
  const chart = event => event.target.closest(".st-key-scores")
  const move = (event, area) => {
    const { lowest, highest, margin } = view.table
    const box = area.getBoundingClientRect()
    const share = (event.clientX - box.left - margin.l) / (box.width - margin.l - margin.r)
    view.slider.value = lowest + share * (highest - lowest)
    show(view)
  }
  view.room.onpointerdown = event => {
    const area = chart(event)
    if (!area) return
    area.setPointerCapture(event.pointerId)
    move(event, area)
  }
  view.room.onpointermove = event => {
    const area = chart(event)
    if (area?.hasPointerCapture(event.pointerId)) move(event, area)
  }
  view.room.onpointerup = event => chart(event) && rest(view)
}

function rest(view) {
  clearTimeout(view.timer)
  view.timer = setTimeout(() => view.tell(Number(view.slider.value)), REST_MS)
}

function show(view) {
  const { table, room } = view
  const { columns, lowest, highest, step, now } = table
  const index = Math.round((view.slider.value - lowest) / step)
  const name = at => {
    const position = Math.round(lowest / step + at) * step
    return `${sign(position)}${Math.abs(position).toFixed(2)} (${percent(columns.threshold[at])})`
  }
  for (const item of view.figures) {
    const column = columns[item.dataset.of]
    item.textContent = FORMATS[item.dataset.as](column[index], column[now])
  }
  for (const item of view.names) item.textContent = name(item.dataset.name === "now" ? now : index)
  for (const item of view.words) item.textContent = table.words[item.dataset.word]
  view.slider.setAttribute("aria-valuetext", name(index))
  room.toggleAttribute("data-same", index === now)
  const precision = columns.precision[index]
  room.toggleAttribute("data-nothing", precision === null)
  room.style.setProperty("--at", index / Math.round((highest - lowest) / step))
  room.style.setProperty("--across", columns.recall[index])
  room.style.setProperty("--up", ((precision ?? 0) - table.floor) / (1 - table.floor))
}
