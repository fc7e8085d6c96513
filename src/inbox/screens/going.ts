/**
 * Goes from place to place so that the browser's own way back (a gesture, a button) leads where the inbox's does: whoever
 * leaves a place for one that they came through leaves no trace of what lay between. The history cannot be shortened at
 * once, so the entry of what is left becomes one more of the place above (its twin), which the next place takes; and each
 * entry says how far the way back from it goes:
 *
 *   list · thread · about   →closed→   list · thread · thread (twin)   →closed→   list · thread · list (twin)   →back→   out
 */
import { signal } from '@preact/signals'

/** What the history keeps beside a place. */
interface Trace {
  /** Which entry of ours it is. */
  at: number
  /** The entry to which the way back leads; -1: out of the inbox. */
  back: number
  /** What one came through, the nearest last. */
  way: readonly Stop[]
  /** The entry that shows the same place. */
  twinOf?: number
}

interface Stop {
  at: number
  back: number
  place: string
}

/** As many entries as browsers keep. */
const STOPS_MAX = 50
/** An entry that the browser has forgotten is not waited for any longer. */
const PASSING_MS_MAX = 1_000

const placeHere = () => `/${location.hash.replace(/^#?\/?/, '')}`

/** The place on the screen: while the way back passes entries by, none of them. */
const shown = signal(placeHere())
let present: Trace = traceHere() ?? { at: 0, back: -1, way: [] }
let isPassing = false
/** On the way to the first entry, and on from there. */
let isLeaving = false
let patience: ReturnType<typeof setTimeout> | undefined
history.replaceState(present, '')

addEventListener('hashchange', () => {
  takeNew()
  if (!isPassing) show()
})
addEventListener('popstate', () => {
  if (takeNew()) return show()
  const was = present
  present = traceHere() ?? was
  const isBack = !isPassing && was.at - present.at === 1 && was.back < present.at
  if (isBack && was.back >= 0) return pass(was.back - present.at)
  if (isBack && present.at > 0) {
    isLeaving = true
    return pass(-present.at)
  }
  isPassing = false
  show()
  if (!isBack && !isLeaving) return
  isLeaving = false
  history.back()
})

/** A link, or an address that was typed: the browser has made an entry for it. */
function takeNew(): boolean {
  if (traceHere() !== undefined) return false
  present = behind(present)
  history.replaceState(present, '')
  return true
}

/** The place behind the `#`, and the way to another one; for the router. */
export function usePlace(): [string, typeof go] {
  return [shown.value, go]
}

/** `replace`: nobody wants to come back to the place that is left. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  const here = shown.peek()
  if (to === here) return
  // What was begun at `/new` or `/group` has ended there: nobody goes back to it.
  const isLeft = replace || to === '/' || here.startsWith(`${to}/`) || here === '/new' || here === '/group'
  if (isLeft) {
    const stop = present.way.map(({ place }) => screenOf(place)).lastIndexOf(screenOf(to))
    const { at, back } = present.way[stop] ?? {}
    present =
      at === undefined || back === undefined
        ? { at: present.at, back: present.back, way: present.way }
        : { at: present.at, back, way: present.way.slice(0, stop), twinOf: at }
    history.replaceState(present, '', `#${to}`)
  } else {
    const takes = present.twinOf !== undefined
    const { at, ...trace } = behind(present)
    present = { at: takes ? present.at : at, ...trace }
    history[takes ? 'replaceState' : 'pushState'](present, '', `#${to}`)
  }
  show()
}

/** An entry after this one, from which the way back leads to it, or to what it is the twin of. */
function behind({ at, back, way, twinOf }: Trace): Trace {
  const stop = { at: twinOf ?? at, back, place: shown.peek() }
  return { at: at + 1, back: stop.at, way: [...way, stop].slice(-STOPS_MAX) }
}

/** Over entries that are not to be seen. */
function pass(steps: number): void {
  isPassing = true
  patience = setTimeout(show, PASSING_MS_MAX)
  history.go(steps)
}

function show(): void {
  clearTimeout(patience)
  shown.value = placeHere()
}

/** A message to jump to is no place of its own. */
function screenOf(place: string): string {
  return place.replace(/\/m\/[^/]+$/, '')
}

function traceHere(): Trace | undefined {
  const { state } = history
  return typeof state?.at === 'number' && Array.isArray(state.way) ? state : undefined
}
