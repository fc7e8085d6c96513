/** A screen that is fetched when somebody goes there, so that the first one is there sooner. */
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import type { screens } from '../screens/later/screens.ts'
import { useAct } from './act.ts'
import { Problem } from './problem.tsx'

type Screens = typeof screens
type PropsOf<Name extends keyof Screens> = Parameters<Screens[Name]>[0]

interface LaterProps<Name extends keyof Screens> {
  name: Name
  with: PropsOf<Name>
}

export function Later<Name extends keyof Screens>({ name, with: props }: LaterProps<Name>) {
  const [fetched, setFetched] = useState<Screens | undefined>(undefined)
  const loading = useAct()
  const load = () => void loading.run(async () => setFetched((await import('../screens/later/screens.ts')).screens))
  useEffect(load, [])
  if (loading.error !== undefined) return <Problem error={loading.error} retry={load} />
  if (fetched === undefined) return <p class="empty quiet">{t('app.opening')}</p>
  const Screen = fetched[name] as ComponentType<PropsOf<Name>>
  return <Screen key={name} {...props} />
}
