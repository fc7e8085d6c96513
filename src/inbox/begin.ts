/**
 * The small script that runs before all others, as soon as the page is there: it asks for the words that they will show,
 * so that these come beside the rest of the script and not after it. `vite.config.ts` keeps it in a file of its own.
 */
import { catalogueOf } from './languages/catalogues.ts'
import { readPreferences } from './model/kept-preferences.ts'

catalogueOf(readPreferences().language).catch(() => {
  // Whoever shows them asks again, and says that there are none.
})
