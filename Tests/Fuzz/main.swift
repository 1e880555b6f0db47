import FileSupport
import Foundation
import Study

// Gives changed files of every kind to what reads them, in processes of their own, and tells which of these die:
//
//     driftscope-fuzz [--seed S] [--seconds T | --mutants N] [--first I] [--kind K]… [--jobs J] [--out FOLDER]
//                     [--fixtures FOLDER]
//
// The mutants are the same for the same seed. A reader may read a mutant or refuse it with one line; a process that dies,
// takes minutes or gigabytes, and any other error is a finding: it is told at once, the mutant kept under
// FOLDER/findings, and the code is 1 at the end. `make fuzz` runs it under the address sanitizer.

Console.start()

let known = Reader.all + [Reader.faults]

func stop(_ line: String) -> Never {
    Console.complain("driftscope-fuzz: \(line.oneLine)\n")
    exit(2)
}

/// The worker's arguments, as the driver gives them.
func work(_ given: [String]) throws {
    guard given.count == 8, let reader = known.first(where: { $0.kind == given[0] }),
        let seed = UInt64(given[3]), let first = Int(given[4]), let end = Int(given[5]), let time = Double(given[6])
    else { stop("wrong arguments of a worker") }
    let worker = Worker(
        reader: reader, seeds: Seeds(path: given[1], fixtures: given[2]), seed: seed, work: given[7])
    try worker.run(first..<end, until: Date(timeIntervalSince1970: time))
}

func plan(_ given: [String]) -> Driver.Plan {
    var plan = Driver.Plan()
    var kinds: [String] = []
    guard given.count.isMultiple(of: 2) else { stop("an option without a value") }
    for place in stride(from: 0, to: given.count, by: 2) {
        let (option, value) = (given[place], given[place + 1])
        func number<Number: LosslessStringConvertible>(_ type: Number.Type = Number.self) -> Number {
            guard let number = Number(value) else { stop("\(option) \(value): a number is wanted") }
            return number
        }
        switch option {
        case "--seed": plan.seed = number()
        case "--seconds": plan.seconds = number()
        case "--mutants": plan.mutants = number()
        case "--first": plan.first = number()
        case "--jobs": plan.jobs = max(1, number())
        case "--kind": kinds.append(value)
        case "--out": plan.out = value
        case "--fixtures": plan.fixtures = value
        default: stop("unknown option \(option)")
        }
    }
    for kind in kinds where !known.contains(where: { $0.kind == kind }) {
        stop("unknown kind \(kind); known: \(Reader.all.map(\.kind).joined(separator: ", "))")
    }
    if !kinds.isEmpty { plan.readers = known.filter { kinds.contains($0.kind) } }
    return plan
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "work": try work(Array(arguments.dropFirst()))
    case "trial": TrialProcess.serve()
    case "stop" where arguments.count == 5:
        try Seeds(path: arguments[1], fixtures: arguments[2]).stopRun(arguments[3], after: arguments[4])
    default:
        let findings = try Driver(plan(arguments)).run()
        if findings > 0 { exit(1) }
    }
} catch { stop("\(error)") }
