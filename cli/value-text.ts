/** `address-dependent`, `[1024, 65535]`, `{ size: 64, per_host: 1 }`: a parameter of a NAT as people write it. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, one]) => `${key}: ${one}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}
