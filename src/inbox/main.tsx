/** The inbox begins here: its words, what this browser kept, who is signed in, then the first screen and the stream of events. */
import './begin.ts'
import { render } from 'preact'
import { Router } from 'wouter-preact'
import { loadDrafts } from './model/drafts.ts'
import { awaitInstallOffer } from './model/install.ts'
import { goLive } from './model/live.ts'
import { startWorker } from './model/notifications.ts'
import { loadOutbox } from './model/outbox.ts'
import { applyPreferences } from './model/preferences.ts'
import { takeShared } from './model/shared.ts'
import { Entrance } from './screens/entrance.tsx'
import { go, usePlace } from './screens/going.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/list.css'
import './styles/thread.css'
import './styles/composer.css'
import './styles/panel.css'
import './styles/rooms.css'
import './styles/touch.css'
import './styles/contrast.css'

const root = document.getElementById('app')
if (root === null) throw new Error('the page has no place for the inbox')

void begin(root)

/** Not awaited by this module: what it fetches later imports from this very file, and would wait for it to be over. */
async function begin(place: HTMLElement): Promise<void> {
  const words = applyPreferences().then(
    () => true,
    () => false,
  )
  awaitInstallOffer()
  await loadDrafts()
  if (await words) openInbox(place)
  else sayThatThereAreNoWords(place)
}

function openInbox(place: HTMLElement): void {
  if (takeShared()) go('/new', { replace: true })
  goLive()
  startWorker(go)
  void loadOutbox()
  // Places are behind the #, so that whatever serves the page needs to know one address only.
  render(
    <Router hook={usePlace}>
      <Entrance />
    </Router>,
    place,
  )
}

/** What stands in the page for this, since nothing else can be said; whatever is pressed there tries again. */
function sayThatThereAreNoWords(place: HTMLElement): void {
  const sentences = document.getElementById('wordless')
  if (sentences instanceof HTMLTemplateElement) place.append(sentences.content)
  place.addEventListener('click', () => location.reload())
}
