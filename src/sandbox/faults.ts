/**
 * What goes wrong on command at the sandbox's Signal server: refused connections, refused sends, captcha challenges,
 * answers lost after the fact. Pure state; the server asks it.
 */

export interface Refusal {
  status: number
  headers: Record<string, string>
  body: unknown
}

interface Countdown {
  refusal: Refusal
  left: number
}

export interface RefusalOptions {
  status: number
  /** How many times; for ever when left out. */
  times?: number
  retryAfterSeconds?: number
  /** JSON; some words of our own when left out. */
  body?: unknown
}

export class SignalFaults {
  #connects: Countdown | undefined
  #sends: Countdown | undefined
  #requests: (Countdown & { path: RegExp }) | undefined
  #held: { under: string; heal: Promise<void>; release: () => void; count: number } | undefined
  #challengeToken: string | undefined
  #challengeSolvable = true
  #challengeHeaders: Record<string, string> = {}
  #lostAnswers = 0
  #unanswered: { path: RegExp; left: number } | undefined
  #alerts: string | undefined

  /** Connections with credentials are refused with this HTTP status: 403 signed out, 499 too old, 429, 503 … */
  refuseConnections(options: RefusalOptions): void {
    this.#connects = countdown(options)
  }

  /** Sending is refused with this HTTP status, 429 for instance. */
  refuseSends(options: RefusalOptions): void {
    this.#sends = countdown(options)
  }

  /** Requests over a chat connection with such a path are refused with this HTTP status. */
  refuseRequests(options: RefusalOptions & { path: RegExp }): void {
    this.#requests = { ...countdown(options), path: options.path }
  }

  /** The next requests with such a path are carried out, but their answers never arrive: the connection breaks instead. */
  loseAnswers(path: RegExp, times: number): void {
    this.#unanswered = { path, left: times }
  }

  /** Requests whose path begins like that, over whatever connection, get no answer before `heal`. */
  holdRequests(under: string): void {
    let release = () => {}
    const heal = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#held = { under, heal, release, count: 0 }
  }

  /** How many of them wait. */
  get held(): number {
    return this.#held?.count ?? 0
  }

  /**
   * Sending is answered by 428 until a captcha solution for this token came in. A sealed send has no sender to be
   * challenged: it is refused as unauthorized, so that the client falls back to an unsealed one and meets the challenge.
   * `retryAfterSeconds`: after that the client may try without.
   */
  demandCaptcha(token: string, solvable = true, retryAfterSeconds?: number): void {
    this.#challengeToken = token
    this.#challengeSolvable = solvable
    this.#challengeHeaders = retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` }
  }

  /** Whoever connects with credentials is told this (`idle-primary-device`). */
  alert(alert: string): void {
    this.#alerts = alert
  }

  get alerts(): string | undefined {
    return this.#alerts
  }

  /** The next sends are carried out, but their answers never arrive: the connection breaks instead. */
  loseSendAnswers(times: number): void {
    this.#lostAnswers = times
  }

  /** Ends every fault. */
  heal(): void {
    this.#alerts = undefined
    this.#connects = undefined
    this.#sends = undefined
    this.#requests = undefined
    this.#held?.release()
    this.#held = undefined
    this.#challengeToken = undefined
    this.#lostAnswers = 0
    this.#unanswered = undefined
  }

  get challenged(): boolean {
    return this.#challengeToken !== undefined
  }

  onConnect(): Refusal | undefined {
    const [refusal, next] = take(this.#connects)
    this.#connects = next
    return refusal
  }

  /** Resolves when this request may be looked at; undefined: now. */
  onHold(path: string): Promise<void> | undefined {
    if (this.#held === undefined || !path.startsWith(this.#held.under)) return undefined
    this.#held.count += 1
    return this.#held.heal
  }

  onRequest(path: string): Refusal | undefined {
    const entry = this.#requests
    if (entry === undefined || !entry.path.test(path)) return undefined
    const [refusal, next] = take(entry)
    this.#requests = next === undefined ? undefined : { ...next, path: entry.path }
    return refusal
  }

  onSend(sealed: boolean): Refusal | undefined {
    if (this.#challengeToken !== undefined) {
      if (sealed) return { status: 401, headers: {}, body: { error: 'not while challenged' } }
      const body = { token: this.#challengeToken, options: ['captcha'] }
      return { status: 428, headers: this.#challengeHeaders, body }
    }
    const [refusal, next] = take(this.#sends)
    this.#sends = next
    return refusal
  }

  onAnswer(path: string): 'answer' | 'lose' {
    if (this.#unanswered === undefined || this.#unanswered.left === 0 || !this.#unanswered.path.test(path))
      return 'answer'
    this.#unanswered.left -= 1
    return 'lose'
  }

  onSendAnswer(): 'answer' | 'lose' {
    if (this.#lostAnswers === 0) return 'answer'
    this.#lostAnswers -= 1
    return 'lose'
  }

  /** A solution came in: the HTTP status for it. */
  onChallengeSolution(token: unknown, captcha: unknown): number {
    if (this.#challengeToken === undefined) return 200
    if (!this.#challengeSolvable) return 413
    if (token !== this.#challengeToken || typeof captcha !== 'string' || captcha === '') return 428
    this.#challengeToken = undefined
    return 200
  }
}

function countdown({ status, times, retryAfterSeconds, body }: RefusalOptions): Countdown {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': `${retryAfterSeconds}` }
  const words = { error: `refused on command with ${status}` }
  return { refusal: { status, headers, body: body ?? words }, left: times ?? Infinity }
}

function take(entry: Countdown | undefined): [Refusal | undefined, Countdown | undefined] {
  if (entry === undefined || entry.left <= 0) return [undefined, undefined]
  return [entry.refusal, entry.left === 1 ? undefined : { ...entry, left: entry.left - 1 }]
}
