/**
 * Goes from place to place so that the browser's own way back (a gesture, a button) leads where the inbox's does: whoever
 * leaves a place for the one above it goes back in the history where that was the way, and leaves no trace otherwise.
 */
import { navigate, useHashLocation } from 'wouter-preact/use-hash-location'

/** What the history keeps beside a place: the one before it. */
interface Trace {
  from?: string | undefined
}

let isGoingBack = false

/** The place behind the `#`, and the way to another one; for the router. */
export function usePlace(): [string, (to: string) => void] {
  const [here] = useHashLocation()
  return [here, (to) => go(here, to)]
}

function go(here: string, to: string): void {
  // A second Escape before the first has arrived would leave the page.
  if (isGoingBack) return
  const { from } = (history.state ?? {}) as Trace
  // What was begun at `/new` or `/group` has ended there: nobody goes back to it.
  const isLeft = to === '/' || here.startsWith(`${to}/`) || here === '/new' || here === '/group'
  if (isLeft && from === to) {
    isGoingBack = true
    addEventListener(
      'popstate',
      () => {
        isGoingBack = false
      },
      { once: true },
    )
    history.back()
  } else navigate(to, { state: { from: isLeft ? from : here } satisfies Trace, replace: isLeft })
}
