/** Languages that the inbox speaks (BCP 47); a browser that wants none of them gets the first. */
export const LANGUAGES = ['en', 'de', 'es', 'fr', 'pt', 'ar'] as const
