/** Where scenarios run. */
export const WORLDS = ['sim', 'netns', 'netns:guest'] as const
export type WorldName = (typeof WORLDS)[number]
