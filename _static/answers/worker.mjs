// Runs a reader's program where an endless loop holds up nobody: the page ends this worker if it does not answer.
const SETUP = `
import io, json, struct, sys

_NUMBERS = {"inf": float("inf"), "nan": float("nan")}

def _error(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    lines = [l for l in text.getvalue().split("\\n") if 'File "your program", line ' in l]
    line = int(lines[-1].split("line ")[1].split(",")[0]) if lines else None
    said = str(error.args[0]) if error.args else ""
    return {"error": type(error).__name__, "said": said[:100], "line": line}

def _plain(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return [_plain(x) for x in value]
    return "".join("%02x" % b for b in struct.pack(">d", value))

def _told(value):
    try:
        return {"value": None if value is None else _plain(value)}
    except Exception:
        wrong = isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))
        return {"value": "other", "kind": "exception" if wrong else "a " + type(value).__name__}

def _run(source, name, stages):
    space = {"__name__": "answer"}
    try:
        exec(compile(source, "your program", "exec"), space)
    except BaseException as error:
        return _error(error)
    if not callable(space.get(name)):
        return {}
    came = []
    for inputs in stages:
        came.append([])
        for given in inputs:
            try:
                came[-1].append(_told(space[name](*[eval(text, dict(_NUMBERS)) for text in given])))
            except BaseException as error:
                came[-1].append(_error(error))
    return {"results": came}
`;

let printed = "";
const ready = (async () => {
  const { loadMicroPython } = await import(new URL("micropython.mjs", import.meta.url).href);
  const python = await loadMicroPython({
    url: new URL("micropython.wasm", import.meta.url).href,
    heapsize: 16 * 2 ** 20,
    stdout: (line) => {
      if (printed.length < 60) printed += printed ? "" : line.slice(0, 60);
    },
  });
  python.runPython(SETUP);
  return python;
})();

// A double as Python packs it: MicroPython writes fewer digits than one has.
const bytes = new DataView(new ArrayBuffer(8));
function numbers(value) {
  if (Array.isArray(value)) return value.map(numbers);
  if (typeof value !== "string" || value.length !== 16) return value;
  bytes.setBigUint64(0, BigInt(`0x${value}`));
  return bytes.getFloat64(0);
}

addEventListener("message", async ({ data: { source, name, inputs } }) => {
  const python = await ready;
  postMessage("ready");
  printed = "";
  python.globals.set("_given", JSON.stringify([source, name, inputs]));
  python.runPython("_out = json.dumps(_run(*json.loads(_given)))");
  const came = JSON.parse(python.globals.get("_out"));
  came.results?.flat().forEach((one) => one.value = "value" in one ? numbers(one.value) : undefined);
  postMessage({ ...came, printed });
});
