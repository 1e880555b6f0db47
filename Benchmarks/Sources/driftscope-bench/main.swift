// driftscope-bench prepare|step|memory|crows|stereoset|neighbours|drift|products: our side of the benchmarks; Benchmarks/run.sh sets the peers beside it.
// Every command prints one JSON line.

import FileSupport
import Foundation
import LinearAlgebra

do {
    Threads.use(Int(options["threads"] ?? "") ?? 2)
    switch CommandLine.arguments.dropFirst().first {
    case "prepare": try prepare()
    case "step": try step()
    case "memory": try memory()
    case "crows": try crows()
    case "stereoset": try stereoset()
    case "neighbours": try neighbours()
    case "drift": try drift()
    case "products": try products()
    default:
        throw InputError(
            "no such benchmark", at: "driftscope-bench", remedy: "prepare, step, memory, crows, stereoset, neighbours, drift or products")
    }
} catch {
    FileHandle.standardError.write(Data("driftscope-bench: \(error)\n".utf8))
    exit(2)
}
