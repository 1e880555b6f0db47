import ArgumentParser
import LinearAlgebra
import Study

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(name: .long, help: "Print a result for machines (JSON) on standard output.")
    var json = false

    @Flag(name: .long, help: "No progress on standard error.")
    var quiet = false

    @Option(
        name: .long, help: "Threads to use; when not given, all cores, or with --resume those that the run began with.")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024 ~= threads) {
            throw ValidationError("--threads \(threads) is out of range: write 1 to 1024")
        }
    }

    /// Sets the threads, holds the libraries that multiply against a plain loop and gives the progress line.
    ///
    /// - Parameters:
    ///   - run: a run that the command reads, which a child tries first.
    ///   - verifying: whether its hashes and its audit log must hold.
    ///   - copying: whether the command makes a new run.h5 of the groups of this one.
    ///   - resuming: whether the run is gone on with: the number of threads changes the last bits of its numbers.
    func start(reading run: String? = nil, verifying: Bool = true, copying: Bool = false, resuming: Bool = false) throws
        -> ProgressLine
    {
        if let run { try check(run, verifying: verifying, copying: copying || resuming) }
        let begun = resuming ? run.flatMap(RunFolder.threads) : nil
        Threads.use(threads ?? begun ?? Threads.defaultCount)
        try BLAS.check()
        return ProgressLine(quiet: quiet)
    }

    /// The same for a command that makes several runs.
    ///
    /// - Parameter runs: those that are there already, each of which a child tries first.
    func start(resuming runs: [String], verifying: Bool) throws -> ProgressLine {
        for run in runs.dropFirst() { try check(run, verifying: verifying, copying: true) }
        return try start(reading: runs.first, verifying: verifying, resuming: !runs.isEmpty)
    }

    /// Has a child try to read a run, and checks its hashes and its audit log where they must hold.
    private func check(_ run: String, verifying: Bool, copying: Bool) throws {
        try RunTrial.require(run, verifying: verifying, copying: copying)
        if verifying { try RunIntegrity.requireLog(run) }
    }
}

/// The option of commands that go by the numbers of a run.
struct VerificationOptions: ParsableArguments {
    @Flag(name: .long, help: "Use the run without a check of its hashes and its audit log.")
    var noVerify = false

    var verifying: Bool { !noVerify }
}

/// The option of commands that write files where the user says.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Replace files that are there already.")
    var force = false
}

extension CommandConfiguration {
    /// What a command does, how it is called, and what else to know; its name is its type's where none is given.
    init(_ abstract: String, named name: String? = nil, examples: String..., note: String = "") {
        let lines = ["EXAMPLE"] + examples.map { "  " + $0 } + (note.isEmpty ? [] : ["", note])
        self.init(commandName: name, abstract: abstract, discussion: lines.joined(separator: "\n"))
    }
}

/// An option of which a registry has the choices, each with a name.
protocol NamedArgument: ExpressibleByArgument {
    static var choices: [Self] { get }
    var name: String { get }
}

extension NamedArgument {
    /// The choice of a name.
    public init?(argument: String) {
        guard let choice = Self.choices.first(where: { $0.name == argument }) else { return nil }
        self = choice
    }

    /// Its name.
    public var defaultValueDescription: String { name }
    /// The names of all choices, for --help.
    public static var allValueStrings: [String] { choices.map(\.name) }
}
