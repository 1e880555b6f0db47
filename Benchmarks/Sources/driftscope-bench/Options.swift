import FileSupport

/// `--name value` of the command line.
let options: [String: String] = {
    let arguments = CommandLine.arguments.dropFirst()
    var out: [String: String] = [:]
    for (name, value) in zip(arguments.dropFirst(), arguments.dropFirst(2)) where name.hasPrefix("--") {
        out[String(name.dropFirst(2))] = value
    }
    return out
}()

/// An option that must be there.
func option(_ name: String) throws -> String {
    guard let value = options[name] else {
        throw InputError("--\(name) is missing", at: "driftscope-bench", remedy: "see Benchmarks/run.sh")
    }
    return value
}
