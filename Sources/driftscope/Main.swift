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
        do {
            var command = try Driftscope.parseAsRoot()
            try command.run()
        } catch let error as GateFired {
            stop(1, error.description)
        } catch let error as InputError {
            stop(2, error.description)
        } catch let error as UnfinishedError {
            stop(3, error.description)
        } catch let error as InterruptedError {
            stop(130, error.description)
        } catch {
            let message = Driftscope.message(for: error).oneLine
            switch Driftscope.exitCode(for: error) {
            case .success: print(Driftscope.fullMessage(for: error))
            // The parser's own code for wrong arguments is 64; ours is 2.
            case .validationFailure: stop(2, "\(message) - on the command line - see \(helpCommand(for: error))")
            case .failure: stop(3, message)
            case let code: exit(code.rawValue)
            }
        }
    }

    /// The command whose help tells the arguments that would have been right.
    private static func helpCommand(for error: any Error) -> String {
        // The parser names it in the last line of its full message only.
        let parts = Driftscope.fullMessage(for: error).split(separator: "'")
        return parts.last { $0.hasPrefix("driftscope") && $0.hasSuffix("--help") }.map(String.init)
            ?? "driftscope --help"
    }

    /// Says why, and ends.
    private static func stop(_ code: Int32, _ line: String) -> Never {
        FileHandle.standardError.write(Data(("driftscope: " + line + "\n").utf8))
        exit(code)
    }
}

/// A `--fail-if` gate fired; the report was written before.
struct GateFired: Error, CustomStringConvertible {
    let description: String
}
