/** Decides which door is shown: setting up, signing in, or the inbox itself. */
import { useEffect } from 'preact/hooks'
import { t } from '../languages/translate.ts'
import { findSession, session } from '../model/session.ts'
import { useAct } from '../ui/act.ts'
import { Problem } from '../ui/problem.tsx'
import { Setup } from './setup.tsx'
import { Shell } from './shell.tsx'
import { SignIn } from './sign-in.tsx'

/** The gateway may be starting. */
const TRY_AGAIN_MS = 2_000

export function Entrance() {
  const finding = useAct()
  const find = () => void finding.run(findSession)
  useEffect(find, [])
  useEffect(() => {
    if (finding.error === undefined || session.value !== undefined) return
    const again = setTimeout(find, TRY_AGAIN_MS)
    return () => clearTimeout(again)
  }, [finding.error])
  const state = session.value?.state
  useEffect(() => {
    document.title = t('app.name')
  }, [state])
  if (state === 'signed-in') return <Shell />
  if (state === 'setup') return <Setup />
  if (state === 'signed-out') return <SignIn />
  return (
    <main class="door" aria-busy="true">
      {finding.error === undefined ? (
        <p class="quiet">{t('app.opening')}</p>
      ) : (
        <Problem error={finding.error} retry={find} />
      )}
    </main>
  )
}
