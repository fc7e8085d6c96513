/** Installing the inbox like an app, where the browser offers it (Chromium's `beforeinstallprompt`). */
import { signal } from '@preact/signals'

interface InstallOffer extends Event {
  prompt(): Promise<unknown>
}

const offer = signal<InstallOffer | undefined>(undefined)

/** Listens for the offer, which comes once. */
export function awaitInstallOffer(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offer.value = event as InstallOffer
  })
  addEventListener('appinstalled', () => {
    offer.value = undefined
  })
}

export function mayInstall(): boolean {
  return offer.value !== undefined
}

export async function install(): Promise<void> {
  const now = offer.peek()
  offer.value = undefined
  await now?.prompt()
}
