/** How strong a modem's signal was over the last day, as a small line; the words below it say the same in figures. */
import type { Page } from '../../api/types.ts'
import { t } from '../../languages/translate.ts'
import { useFetched } from '../later/fetched.ts'

const WIDTH = 240
const HEIGHT = 48
/** Where the plot ends below and above (27.007 §8.5 gives −113…−51). */
const DBM_MIN = -113
const DBM_MAX = -51

interface Reading {
  at: string | null
  dbm: number | null
}

export function SignalPlot({ modemId }: { modemId: string }) {
  const { data } = useFetched<Page<Reading>>(`/api/v1/modems/${encodeURIComponent(modemId)}/signal-history`)
  const readings = data?.data ?? []
  const known = readings.flatMap(({ dbm }) => dbm ?? [])
  if (known.length === 0) return null
  const span = { min: Math.min(...known), max: Math.max(...known) }
  const words = t('modems.plot', span)
  return (
    <figure class="plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words} preserveAspectRatio="none">
        {linesOf(readings).map((points) => (
          <polyline key={points} points={points} />
        ))}
      </svg>
      <figcaption class="quiet small">{words}</figcaption>
    </figure>
  )
}

/** A gap where nothing was heard; one reading alone is drawn as a short line. */
function linesOf(readings: readonly Reading[]): readonly string[] {
  const step = WIDTH / Math.max(1, readings.length - 1)
  const lines: string[] = []
  let line: string[] = []
  for (const [index, { dbm }] of [...readings, { dbm: null }].entries()) {
    if (dbm !== null) {
      const part = (Math.min(DBM_MAX, Math.max(DBM_MIN, dbm)) - DBM_MIN) / (DBM_MAX - DBM_MIN)
      const y = (HEIGHT - 2 - part * (HEIGHT - 4)).toFixed(1)
      line.push(`${(index * step).toFixed(1)},${y}`)
    } else {
      // One reading alone would be a point, and a point is nothing.
      if (line.length === 1)
        line.push(`${(index === 1 ? Math.max(4, step) : (index - 1) * step - 4).toFixed(1)},${line[0]?.split(',')[1]}`)
      if (line.length > 0) lines.push(line.join(' '))
      line = []
    }
  }
  return lines
}
