/**
 * Work that is done in rounds until nothing is left of it, one round at a time however often it is asked for; who asks
 * while one is running gets another look afterwards. Knows neither time nor what the work is.
 */
export class Rounds {
  readonly #round: () => Promise<boolean>
  readonly #failed: (error: unknown) => void
  #running: Promise<void> | undefined
  #again = false
  #stopped = false

  /** `round` resolves with whether there may be more. Where it rejects, `failed` hears of it and the rest waits. */
  constructor(round: () => Promise<boolean>, failed: (error: unknown) => void) {
    this.#round = round
    this.#failed = failed
  }

  /** Resolves when nothing is left, or when what is left must wait. Never rejects. */
  async run(): Promise<void> {
    this.#again = true
    this.#running ??= this.#runAll()
    await this.#running
  }

  /** No further round; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #runAll(): Promise<void> {
    // It must not end before it is known to run.
    await undefined
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        while (!this.#stopped && (await this.#round()));
      } catch (error) {
        this.#failed(error)
      }
    }
    // In the same breath as the look at `#again`: who asks from now on begins anew.
    this.#running = undefined
  }
}
