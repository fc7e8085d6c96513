/**
 * Answers that somebody waits for, over a connection of libsignal's. It lets go of a connection at once, but of a request only
 * when the server has answered or its time is over: whoever ends must not be held up by that, nor go on when it comes after all.
 */
import { signalError } from './errors.ts'

type Method = (...given: unknown[]) => unknown

export class Answers {
  readonly #waiting = new Set<() => void>()
  #isOver = false

  /** The same connection (or service), of which every call rejects with CausewayError `signal-unreachable` at the end. */
  of<T extends object>(connection: T): T {
    const known = new Map<Method, Method>()
    return new Proxy(connection, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target)
        if (!isMethod(value)) return value
        // That is no question.
        if (key === 'disconnect') return value.bind(target)
        const made = known.get(value) ?? this.#heard(target, value)
        known.set(value, made)
        return made
      },
    })
  }

  /** From now on nobody waits for an answer. */
  end(): void {
    this.#isOver = true
    for (const giveUp of this.#waiting) giveUp()
    this.#waiting.clear()
  }

  #heard(target: object, method: Method): Method {
    return (...given) => {
      const answer = method.apply(target, given)
      return answer instanceof Promise ? this.#untilTheEnd(answer) : answer
    }
  }

  async #untilTheEnd(answer: Promise<unknown>): Promise<unknown> {
    let giveUp = () => {}
    const over = new Promise<never>((_resolve, reject) => {
      giveUp = () => reject(signalError('signal-unreachable'))
    })
    if (this.#isOver) giveUp()
    this.#waiting.add(giveUp)
    try {
      return await Promise.race([answer, over])
    } finally {
      this.#waiting.delete(giveUp)
    }
  }
}

function isMethod(value: unknown): value is Method {
  return typeof value === 'function'
}
