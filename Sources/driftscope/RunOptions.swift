import ArgumentParser
import Study
import StudyFiles

/// What `run` and `demo` let a user choose about a study.
struct RunOptions: ParsableArguments {
    @Option(name: .long, help: "Override a value of the study: key.path=value. Repeatable.")
    var set: [String] = []

    @Option(name: .long, help: "The seed, in place of the study's.")
    var seed: Int?

    @Flag(name: .long, help: "Go on with an interrupted run.")
    var resume = false

    @Flag(name: .customLong("allow-commands"), help: "Run the commands under the study's evaluate.custom.")
    var allowCommands = false

    @OptionGroup var verification: VerificationOptions

    /// The overrides in the form that the study file takes, the seed last.
    var overrides: [String] { self.set + (seed.map { ["seeds=[\($0)]"] } ?? []) }

    /// What a run is told beside its study.
    var options: StudyRun.Options {
        var options = StudyRun.Options()
        (options.resume, options.allowsCommands) = (resume, allowCommands)
        options.isVerified = verification.verifying
        options.commandLine = CommandLine.arguments.map(shellQuoted).joined(separator: " ")
        return options
    }
}

extension StudyFile {
    /// The study file at a path; the word `built-in` stands for that of the demo.
    static func named(_ name: String, overrides: [String]) throws -> StudyFile {
        try name == "built-in" ? builtIn(overrides: overrides) : read(name, overrides: overrides)
    }
}
