/**
 * What the families of `profiles/` say unasked, as rules for a channel: those of the family that is there mean what its
 * profile says; those of all others are lines that are no answer, since it is known only late who is there.
 */
import type { FamilyUrcs } from './at/urc.ts'
import type { ModemProfile } from './profile.ts'

/** `own` is undefined until the modem has said who it is. */
export function familyUrcs(profiles: readonly ModemProfile[], own: ModemProfile | undefined): FamilyUrcs {
  return {
    own: (own?.urcs ?? []).map(({ prefix, meaning }) => ({ prefix, ...(meaning === 'boot' ? { boot: 'sure' } : {}) })),
    others: profiles
      .filter((profile) => profile !== own)
      .flatMap(({ urcs }) => urcs.filter(({ meaning }) => meaning !== 'boot').map(({ prefix }) => ({ prefix }))),
  }
}
