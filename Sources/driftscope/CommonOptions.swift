import ArgumentParser
import LinearAlgebra
import Study

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(name: .long, help: "Print a result for machines (JSON) on standard output.")
    var json = false

    @Flag(name: .long, help: "No progress on standard error.")
    var quiet = false

    @Option(name: .long, help: "Threads to use; all cores when not given.")
    var threads: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads \(threads) is below 1") }
    }

    /// Sets the threads and gives the progress line.
    func start() -> ProgressLine {
        Threads.use(threads ?? Threads.defaultCount)
        return ProgressLine(quiet: quiet)
    }
}
