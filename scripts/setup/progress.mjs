// @ts-check
// Tells a person what the set-up is doing: one line a step with its elapsed seconds, a spinner only on a terminal.
// Knows nothing of the steps themselves.

const spinnerFrames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const spinnerIntervalMs = 100
/** Without a terminal: a step that lasts longer than this announces itself … */
const announceAfterMs = 1_500
/** … and says this often that it is still at it. */
const heartbeatIntervalMs = 15_000

/**
 * @typedef {object} Progress
 * @property {<T>(label: string, work: () => Promise<T>, detail?: (result: T) => string) => Promise<T>} step
 *   Runs `work` and reports it; a rejection is reported and passed on.
 * @property {(label: string, detail: string) => void} fact Reports something that took no time.
 * @property {(text: string) => void} notice Says something that a person should know, in any mode.
 */

/**
 * @param {NodeJS.WriteStream} stream where the lines go
 * @param {{ onlySlow: boolean }} options `onlySlow`: say nothing of steps that are over before anybody would ask
 * @returns {Progress}
 */
export function createProgress(stream, { onlySlow }) {
  const startedMs = performance.now()
  const line = (/** @type {string} */ text) => stream.write(`${text}\n`)
  return {
    async step(label, work, detail = () => '') {
      const beganMs = performance.now()
      const elapsed = () => seconds(performance.now() - beganMs)
      const stop = stream.isTTY ? spin(stream, label, elapsed) : beat(line, label, elapsed)
      try {
        const result = await work()
        const slow = performance.now() - beganMs > announceAfterMs
        stop()
        if (!onlySlow || slow) line(columns('✓', label, detail(result), elapsed()))
        return result
      } catch (error) {
        stop()
        line(columns('✗', label, 'failed', elapsed()))
        throw error
      }
    },
    fact(label, detail) {
      if (!onlySlow) line(columns('✓', label, detail, seconds(performance.now() - startedMs)))
    },
    notice: (text) => void line(text),
  }
}

/** @param {NodeJS.WriteStream} stream @param {string} label @param {() => string} elapsed */
function spin(stream, label, elapsed) {
  let frame = 0
  const timer = setInterval(() => {
    frame = (frame + 1) % spinnerFrames.length
    stream.write(`\r\x1b[K${columns(spinnerFrames[frame] ?? '', label, '', elapsed())}`)
  }, spinnerIntervalMs)
  return () => {
    clearInterval(timer)
    stream.write('\r\x1b[K')
  }
}

/** @param {(text: string) => void} line @param {string} label @param {() => string} elapsed */
function beat(line, label, elapsed) {
  /** @type {NodeJS.Timeout | undefined} */
  let again
  const first = setTimeout(() => {
    line(columns('…', label, '', elapsed()))
    again = setInterval(() => line(columns('…', label, 'still at it', elapsed())), heartbeatIntervalMs)
  }, announceAfterMs)
  return () => {
    clearTimeout(first)
    clearInterval(again)
  }
}

/** @param {number} durationMs */
function seconds(durationMs) {
  return `${(durationMs / 1000).toFixed(1)} s`
}

/** @param {string} mark @param {string} label @param {string} detail @param {string} time */
function columns(mark, label, detail, time) {
  return `${mark} ${label.padEnd(12)} ${detail.padEnd(48)} ${time.padStart(8)}`
}
