/** The safety number has changed: nothing can be written until somebody has decided. Takes the composer's place. */
import { useLocation } from 'wouter-preact'
import type { Contact } from '../api/types.ts'
import { t } from '../languages/translate.ts'
import { decideAbout } from '../model/contacts.ts'
import { personName } from '../model/people.ts'
import { aboutPath } from '../screens/places.ts'
import { useAct } from '../ui/act.ts'
import { ShieldAlert } from '../ui/icons.ts'
import { Problem } from '../ui/problem.tsx'

export function IdentityCard({ contact, conversationId }: { contact: Contact; conversationId: string }) {
  const [, go] = useLocation()
  const acting = useAct()
  return (
    <section class="decision" aria-label={t('identity.title')}>
      <ShieldAlert aria-hidden="true" />
      <div>
        <h3>{t('identity.title')}</h3>
        <p>{t('identity.words', { name: personName(contact) })}</p>
        {acting.error !== undefined && <Problem error={acting.error} />}
        <div class="buttons">
          <button type="button" class="button primary" onClick={() => go(aboutPath(conversationId))}>
            {t('identity.compare')}
          </button>
          <button
            type="button"
            class="button"
            disabled={acting.busy}
            onClick={() => void acting.run(() => decideAbout(contact.id, 'identity/approve'))}
          >
            {t('identity.accept')}
          </button>
        </div>
      </div>
    </section>
  )
}
