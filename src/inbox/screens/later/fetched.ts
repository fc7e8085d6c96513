/** What the gateway answers to a question, asked when a screen opens and again on demand. */
import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import { useAct } from '../../ui/act.ts'

export interface Fetched<T> {
  data: T | undefined
  error: unknown
  reload: () => void
  keep: (data: T) => void
}

/** Stays as it was while it is asked for anew. */
export function useFetched<T>(path: string): Fetched<T> {
  const [data, keep] = useState<T | undefined>(undefined)
  const { run, error } = useAct()
  const reload = () =>
    void run(async () => {
      const answer = await ask<T>('GET', path)
      keep(() => answer)
    })
  useEffect(reload, [path])
  return { data, error, reload, keep: (next) => keep(() => next) }
}
