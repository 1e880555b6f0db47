import ArgumentParser
import FileSupport
import Foundation
import Study

/// Runs the command and maps what it throws to the documented exit codes (docs/commands.md).
@main
enum Main {
    static func main() {
        // A limit on the size of files is then a failed write, with a message, instead of a sudden end.
        signal(SIGXFSZ, SIG_IGN)
        Console.start()
        Interrupt.install()
        do { try run() } catch let error as GateFired {
            stop(1, error.description)
        } catch let error as InputError {
            stop(2, error.description)
        } catch let error as UnfinishedError {
            stop(3, error.description)
        } catch let error as InterruptedError {
            stop(130, error.description)
        } catch {
            let message = Driftscope.message(for: error).shortLine
            switch Driftscope.exitCode(for: error) {
            // The parser's own code for wrong arguments is 64; ours is 2.
            case .validationFailure: stop(2, "\(message) - on the command line - see \(helpCommand(for: error))")
            case .failure: stop(3, message)
            case let code: exit(code.rawValue)
            }
        }
    }

    private static func run() throws {
        do {
            var command = try Driftscope.parseAsRoot()
            try command.run()
        } catch  where Driftscope.exitCode(for: error) == .success {
            // The help or the version was asked for.
            try Console.print(Driftscope.fullMessage(for: error) + "\n")
        }
    }

    /// The command whose help tells the arguments that would have been right.
    private static func helpCommand(for error: any Error) -> String {
        // The parser names it in the last line of its full message only.
        let parts = Driftscope.fullMessage(for: error).split(separator: "'")
        return parts.last { $0.hasPrefix("driftscope") && $0.hasSuffix("--help") }.map(String.init)
            ?? "driftscope --help"
    }

    private static func stop(_ code: Int32, _ line: String) -> Never { Interrupt.stop(code, line) }
}

/// A `--fail-if` gate fired; the report was written before.
struct GateFired: Error, CustomStringConvertible {
    let description: String
}
