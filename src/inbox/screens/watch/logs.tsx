/** The last lines of the gateway's log, as it masks them; new ones are added while the page is open. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { t } from '../../languages/translate.ts'
import { useAct } from '../../ui/act.ts'
import { Problem } from '../../ui/problem.tsx'
import { clockTime } from '../../ui/times.ts'
import { Room } from '../later/room.tsx'

const LEVELS = ['info', 'warn', 'error'] as const
type Level = (typeof LEVELS)[number]
const LOOK_EVERY_MS = 3_000
/** The oldest lines leave the page beyond this. */
const LINES_MAX = 500

interface Line {
  n: number
  at: string | null
  level: Level
  message: string
  fields: Record<string, unknown>
}

export function Logs() {
  const [level, setLevel] = useState<Level>('info')
  const [lines, setLines] = useState<readonly Line[]>([])
  const { run, error } = useAct()
  useEffect(() => {
    let last = 0
    let isOpen = true
    const look = () =>
      void run(async () => {
        const path = `/api/v1/system/logs?level=${level}&after=${last}&limit=${LINES_MAX}`
        const answer = await ask<{ data: Line[]; last: number }>('GET', path)
        const isFirst = last === 0
        last = answer.last
        if (isOpen) setLines((before) => [...(isFirst ? [] : before), ...answer.data].slice(-LINES_MAX))
      })
    look()
    const again = setInterval(look, LOOK_EVERY_MS)
    return () => {
      isOpen = false
      clearInterval(again)
    }
  }, [level])
  return (
    <Room
      title={t('logs.title')}
      more={
        <select
          aria-label={t('logs.level')}
          value={level}
          onChange={(event) => setLevel(event.currentTarget.value as Level)}
        >
          {LEVELS.map((name) => (
            <option key={name} value={name}>
              {t(name === 'warn' ? 'doctor.warning' : `doctor.${name}`)}
            </option>
          ))}
        </select>
      }
    >
      {error !== undefined && <Problem error={error} />}
      <ol class="lines log-lines" translate={false} dir="ltr">
        {[...lines].reverse().map(({ n, at, level: grave, message, fields }) => (
          <li key={n} class={grave}>
            <time>{clockTime(at)}</time> <b>{grave}</b> {message}{' '}
            <small class="quiet">
              {Object.entries(fields)
                .map(([name, value]) => `${name}=${String(value)}`)
                .join(' ')}
            </small>
          </li>
        ))}
      </ol>
    </Room>
  )
}
