/** System calls by a program of one line: the file descriptor is its number 3, the answer is its output. */
import { spawnSync } from 'node:child_process'
import { SystemError } from '../systemerror.ts'
import { type Calls, LONGEST_NAME, SIOCSIFMTU, TUN_FLAGS, TUNSETIFF } from './calls.ts'

type Interpreter = 'perl' | 'python3'

interface Script {
  /** How the interpreter is told its program. */
  readonly flag: string
  readonly tun: string
  readonly mtu: string
  readonly option: string
}

/** Each prints the name or nothing; on an error `errno N`. */
const SCRIPTS: Readonly<Record<Interpreter, Script>> = {
  perl: {
    flag: '-e',
    tun: `open(F,"+<&=",3) or die; $r=pack("a16 S x22",$ARGV[0],${TUN_FLAGS}); ioctl(F,${TUNSETIFF},$r) or do {print "errno ",$!+0; exit}; print unpack("Z16",$r)`,
    mtu: `socket(S,2,2,0) or die; $r=pack("a16 i x20",$ARGV[0],$ARGV[1]); ioctl(S,${SIOCSIFMTU},$r) or print "errno ",$!+0`,
    option: `open(S,"+<&=",3) or die; setsockopt(S,$ARGV[0],$ARGV[1],pack("L",$ARGV[2])) or print "errno ",$!+0`,
  },
  python3: {
    flag: '-c',
    tun: `import fcntl,struct,sys
try: print(fcntl.ioctl(3,${TUNSETIFF},struct.pack("16sH22x",sys.argv[1].encode(),${TUN_FLAGS}))[:16].rstrip(b"\\0").decode(),end="")
except OSError as e: print("errno",e.errno,end="")`,
    mtu: `import fcntl,socket,struct,sys
try: fcntl.ioctl(socket.socket(socket.AF_INET,socket.SOCK_DGRAM),${SIOCSIFMTU},struct.pack("16si20x",sys.argv[1].encode(),int(sys.argv[2])))
except OSError as e: print("errno",e.errno,end="")`,
    option: `import socket,struct,sys
try: socket.socket(fileno=3).setsockopt(int(sys.argv[1]),int(sys.argv[2]),struct.pack("I",int(sys.argv[3])))
except OSError as e: print("errno",e.errno,end="")`,
  },
}

/** Those that are installed. */
export function scriptInterpreters(): Interpreter[] {
  const all: readonly Interpreter[] = ['perl', 'python3']
  return all.filter(name => spawnSync(name, [SCRIPTS[name].flag, ''], { stdio: 'ignore' }).status === 0)
}

export function scriptCalls(interpreter: Interpreter): Calls {
  const { flag, tun, mtu, option } = SCRIPTS[interpreter]
  const run = (call: string, program: string, args: readonly (string | number)[], fd?: number): string => {
    const done = spawnSync(interpreter, [flag, program, ...args.map(String)], {
      stdio: ['ignore', 'pipe', 'pipe', ...(fd === undefined ? [] : [fd])],
      encoding: 'utf8',
    })
    const failure = /^errno (\d+)$/.exec(done.stdout ?? '')
    if (failure !== null) throw new SystemError(call, Number(failure[1]))
    if (done.status === 0) return done.stdout
    throw new Error(`${call} by ${interpreter} failed: ${done.error?.message ?? done.stderr.trim()}`)
  }
  return {
    by: interpreter,
    attachTun: (fd, name) => run('TUNSETIFF', tun, [name.slice(0, LONGEST_NAME)], fd),
    setMtu: (name, bytes) => void run('SIOCSIFMTU', mtu, [name, bytes]),
    setOption: (fd, level, name, value) => void run('setsockopt', option, [level, name, value >>> 0], fd),
  }
}
