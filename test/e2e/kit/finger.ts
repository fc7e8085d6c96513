/** A finger on a page, over the debugger: what the browser makes of it (scrolling, pressing, pointers) is its own doing. */
import type { CDPSession, Page } from 'playwright-core'

interface Place {
  x: number
  y: number
}

const STEPS = 10
/** A finger that rests before it leaves throws nothing, and the browser takes the next touch for what it is. */
const REST_MS = 200

export class Finger {
  readonly #session: CDPSession

  private constructor(session: CDPSession) {
    this.#session = session
  }

  static async on(page: Page): Promise<Finger> {
    return new Finger(await page.context().newCDPSession(page))
  }

  /** Down at one place, over to the other in small steps, and up. */
  async drag(from: Place, to: Place): Promise<void> {
    await this.#touch('touchStart', from)
    for (let step = 1; step <= STEPS; step++) {
      const part = step / STEPS
      await this.#touch('touchMove', { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part })
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
    await this.#session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }

  /** Down, and up again after what it is held for has come. */
  async hold(place: Place, until: () => Promise<unknown>): Promise<void> {
    await this.#touch('touchStart', place)
    await until()
    await this.#session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }

  #touch(type: 'touchStart' | 'touchMove', place: Place): Promise<unknown> {
    return this.#session.send('Input.dispatchTouchEvent', { type, touchPoints: [place] })
  }
}
