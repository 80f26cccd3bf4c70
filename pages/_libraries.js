// Asks for scripts that the app will ask for at the first click that needs them, while it rests.

const known = (window.__librariesAhead ??= new Set())

export default function ({ data }) {
  const app = document.querySelector('script[type="module"][src*="/static/js/"]')
  const names = data.filter(name => !known.has(name))
  if (!app || !names.length) return
  names.forEach(name => known.add(name))
  next(new URL(".", app.src), names)
}

function next(folder, [name, ...rest]) {
  if (!name) return
  // A script that does not come is asked for again by the element itself, which says so.
  const goOn = () => next(folder, rest)
  requestIdleCallback(() => import(new URL(name, folder).href).then(goOn, goOn), { timeout: 2000 })
}
