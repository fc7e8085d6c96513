/**
 * Goes from place to place so that the browser's own way back (a gesture, a button) leads where the inbox's does: whoever
 * leaves a place for the one above it leaves no trace of it. The history cannot be shortened at once, so what is left
 * becomes a second entry of the place above (its twin), which the way back steps over and the next place takes.
 */
import { navigate, useHashLocation } from 'wouter-preact/use-hash-location'

/** What the history keeps beside a place. */
interface Trace {
  from?: string | undefined
  /** The entry before is the same place. */
  isTwin?: boolean
}

const traceHere = () => (history.state ?? undefined) as Trace | undefined
/** Where the window was before the browser went somewhere. */
let before = { place: location.hash, trace: traceHere() }

addEventListener('popstate', () => {
  const now = { place: location.hash, trace: traceHere() }
  const isSteppedBack = before.trace?.isTwin === true && now.trace !== undefined && now.trace.isTwin !== true
  const isSame = now.place === before.place
  before = now
  if (isSteppedBack && isSame) history.back()
})

/** The place behind the `#`, and the way to another one; for the router. */
export function usePlace(): [string, (to: string) => void] {
  const [here] = useHashLocation()
  return [here, (to) => go(here, to)]
}

function go(here: string, to: string): void {
  const trace = traceHere()
  // What was begun at `/new` or `/group` has ended there: nobody goes back to it.
  const isLeft = to === '/' || here.startsWith(`${to}/`) || here === '/new' || here === '/group'
  const state: Trace = isLeft ? { from: trace?.from, isTwin: trace?.from === to } : { from: here }
  navigate(to, { state, replace: isLeft || trace?.isTwin === true })
  before = { place: location.hash, trace: state }
}
