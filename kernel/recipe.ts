/**
 * What a guest's kernel is made of: Debian's source of one series, a configuration, one driver, and a few edits. WireGuard
 * itself is untouched but for a line that can tell its ephemeral keys, which is off unless `labkeys=1` is on the kernel's
 * command line. What is linked into the kernel is under the kernel's licence, GPL-2.0.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export type Series = '6.12' | '6.1'
export const SERIES: readonly Series[] = ['6.12', '6.1']

/** Ticks a second: Debian's amd64 kernels have 250, and the timer wheel's coarseness shows in WireGuard's timers. */
export const HZ = 250

export interface Edit {
  /** Below the source folder. */
  readonly file: string
  /** Must be there exactly once, or `times`. */
  readonly find: string
  readonly times?: number
  readonly replace: string
  readonly why: string
}

/** Of the folder with the sources that go into a guest: beside this file, or beside `dist` in the published package. */
export const RECIPE = new URL(import.meta.url.endsWith('.ts') ? 'recipe/' : '../../kernel/recipe/', import.meta.url)

const file = (name: string): string => readFileSync(new URL(name, RECIPE), 'utf8')

/** The kernel's options on top of `allnoconfig`. */
export const configuration = (): string => file('kernel.config')
/** arch/um/drivers/labnet.c */
export const driver = (): string => file('labnet.c')

const SEED = `char *labseed;
static unsigned long long labseed_state;

/* SplitMix64 (Steele, Lea, Flood 2014) */
static unsigned long long labseed_next(void)
{
	unsigned long long mixed = labseed_state += 0x9e3779b97f4a7c15ULL;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
	return mixed ^ (mixed >> 31);
}

/* FNV-1a over the text is where it starts. */
static void labseed_fill(unsigned char *to, size_t length)
{
	const char *each;
	size_t i;

	if (!labseed_state) {
		labseed_state = 0xcbf29ce484222325ULL;
		for (each = labseed; *each; each++)
			labseed_state = (labseed_state ^ *each) * 0x100000001b3ULL;
	}
	for (i = 0; i < length; i++)
		to[i] = labseed_next() >> 32;
}

`
const GETRANDOM = `ssize_t os_getrandom(void *buf, size_t len, unsigned int flags)
{
`
const SETUP_ARCH = `void __init setup_arch(char **cmdline_p)
{`
const GENERATE = `	curve25519_generate_secret(handshake->ephemeral_private);
`
const CREATE_INITIATION = `bool
wg_noise_handshake_create_initiation(`

/** `hz`: ticks a second. */
export function edits(hz: number): readonly Edit[] {
  return [
    {
      file: 'arch/um/drivers/Makefile',
      find: 'obj-y := stdio_console.o',
      replace: 'obj-y := labnet.o stdio_console.o',
      why: 'builds the driver',
    },
    {
      file: 'arch/um/Kconfig',
      find: 'config HZ\n\tint\n\tdefault 100',
      replace: `config HZ\n\tint\n\tdefault ${hz}`,
      why: 'ticks as often as a distribution kernel',
    },
    {
      file: 'arch/um/os-Linux/util.c',
      find: GETRANDOM,
      replace: `${SEED}${GETRANDOM}	if (labseed) {
		labseed_fill(buf, len);
		return len;
	}
`,
      why: "answers from the seed: the only entropy that User-Mode Linux has is the host's getrandom",
    },
    {
      file: 'arch/um/kernel/um_arch.c',
      find: SETUP_ARCH,
      replace: `extern char *labseed;

static int __init labseed_argument(char *text, int *add)
{
	labseed = text;
	*add = 0;
	return 0;
}
__uml_setup("labseed=", labseed_argument,
"labseed=TEXT\\n"
"    All randomness comes from this text. For tests alone.\\n\\n");

${SETUP_ARCH}`,
      why: 'reads the seed from the command line',
    },
    {
      file: 'drivers/net/wireguard/noise.c',
      find: CREATE_INITIATION,
      replace: `static bool labkeys;
core_param(labkeys, labkeys, bool, 0);

static void lab_tell_ephemeral(const u8 key[NOISE_PUBLIC_KEY_LEN])
{
	if (labkeys)
		printk(KERN_INFO "lab-ephemeral %*phN\\n", NOISE_PUBLIC_KEY_LEN, key);
}

${CREATE_INITIATION}`,
      why: 'labkeys: with labkeys=1, tells ephemeral private keys on the console, so that captures decrypt themselves',
    },
    {
      file: 'drivers/net/wireguard/noise.c',
      find: GENERATE,
      times: 2,
      replace: `${GENERATE}	lab_tell_ephemeral(handshake->ephemeral_private);
`,
      why: 'labkeys: in the initiation and in the response',
    },
  ]
}

/** The text after the edit. Throws when what is to be found is not there as often as it must. */
export function edited(text: string, { file: name, find, replace, times = 1 }: Edit): string {
  const parts = text.split(find)
  if (parts.length - 1 !== times) {
    throw new Error(
      `${name}: found ${parts.length - 1} times, not ${times}, what is to be changed (${find.trim().slice(0, 60)}…): this source is not one that the recipe knows`,
    )
  }
  return parts.join(replace)
}

/** SHA-256 over everything that goes in, in hexadecimal. `source`: the package's version. */
export function recipeHash(series: Series, source: string, hz: number = HZ): string {
  const hash = createHash('sha256')
  for (const part of [series, source, String(hz), configuration(), driver(), JSON.stringify(edits(hz))]) {
    hash.update(`${part.length}:${part}`)
  }
  return hash.digest('hex')
}
