// Shows what pages/_threshold_table.py wrote for the slider's position. It computes no figure.

const REST_MS = 150 // so long at one place, the slider is at rest and the server is told

export default function ({ parentElement, data, setStateValue }) {
  const live = (parentElement.live ??= begin(parentElement))
  live.tell = value => setStateValue("at", value)
  if (live.source !== data.table) {
    live.source = data.table
    load(live, JSON.parse(data.table))
  }
  const [number, position] = data.given
  if (live.given !== number) {
    live.given = number
    live.slider.value = position
  }
  show(live)
  return () => clearTimeout(live.timer)
}

function begin(root) {
  const all = (name, key) =>
    Object.fromEntries([...root.querySelectorAll(`[data-${name}]`)].map(item => [item.dataset[key], item]))
  const texts = {}
  for (const item of root.querySelectorAll("[data-text]")) (texts[item.dataset.text] ??= []).push(item)
  const live = {
    slider: root.querySelector("#at"),
    texts,
    paths: all("path", "path"),
    ticks: all("ticks", "ticks"),
    marks: all("mark", "mark"),
    dots: all("dot", "dot"),
    markName: root.querySelector("[data-mark-name]"),
  }
  live.slider.addEventListener("input", () => show(live))
  live.slider.addEventListener("change", () => rest(live))
  drag(live, root.querySelector("[data-marks]"))
  return live
}

// The mark can be drawn along the curves, too.
function drag(live, area) {
  const move = event => {
    const box = area.getBoundingClientRect()
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))
    live.slider.value = live.table.lowest + share * (live.table.highest - live.table.lowest)
    show(live)
  }
  area.addEventListener("pointerdown", event => {
    area.setPointerCapture(event.pointerId)
    move(event)
  })
  area.addEventListener("pointermove", event => area.hasPointerCapture(event.pointerId) && move(event))
  area.addEventListener("pointerup", () => rest(live))
}

function rest(live) {
  clearTimeout(live.timer)
  live.timer = setTimeout(() => live.tell(Number(live.slider.value)), REST_MS)
}

function load(live, table) {
  live.table = table
  live.rowOf = new Uint16Array(table.names.length)
  table.begins.forEach((begin, row) => live.rowOf.fill(row, begin))
  Object.assign(live.slider, { min: table.lowest, max: table.highest, step: table.step })
  for (const name of ["lowest", "highest", "matrix", "castings"]) write(live.texts[name], `${table[name]}`)
  for (const [name, path] of Object.entries(table.paths)) live.paths[name].setAttribute("d", path)
  for (const [name, ticks] of Object.entries(table.ticks)) {
    const side = live.ticks[name].classList.contains("left") ? "bottom" : "left"
    live.ticks[name].replaceChildren(
      ...ticks.map(([place, text]) => {
        const tick = document.createElement("span")
        tick.textContent = text
        tick.style[side] = `${place}%`
        return tick
      }),
    )
  }
  place(live, "now", table.now, table.row_now)
}

function show(live) {
  const { table, texts } = live
  const index = Math.round((live.slider.value - table.lowest) / table.step)
  const row = live.rowOf[index]
  const name = table.names[index]
  const same = index === table.now
  live.slider.setAttribute("aria-valuetext", name)
  write(texts.name, name)
  texts.name[0].style.setProperty("--at", `${(100 * index) / (table.names.length - 1)}%`)
  for (const [field, column] of Object.entries(table.rows)) {
    const [begin, middle, end] = column
    write(texts[field], begin + middle[row] + end)
  }
  write(
    texts.lead,
    same
      ? `**${name}** is in force. Move the slider to propose another.`
      : `**${name}** instead of ${table.names[table.now]}, which is in force:`,
  )
  texts.thousand[0].hidden = texts.shift[0].hidden = same
  place(live, "proposed", index, row)
  live.marks.now.hidden = same
  write([live.markName], same ? "now" : "proposed")
  live.marks.now.classList.toggle("before", table.now < index)
  live.marks.proposed.classList.toggle("before", index < table.now)
}

function place(live, which, index, row) {
  const { table } = live
  live.marks[which].style.left = `${(100 * index) / (table.names.length - 1)}%`
  const [recall, precision] = table.dots[row]
  const dot = live.dots[which]
  dot.hidden = precision === null
  dot.style.left = `${recall}%`
  dot.style.bottom = `${(100 * (precision - table.floor)) / (100 - table.floor)}%`
}

// Text with **stress**, and nothing else that could be markup.
function write(elements, text) {
  for (const element of elements) {
    if (element.written === text) continue
    element.written = text
    element.replaceChildren(
      ...text.split("**").map((piece, number) => {
        if (number % 2 === 0) return piece
        const strong = document.createElement("strong")
        strong.textContent = piece
        return strong
      }),
    )
  }
}
