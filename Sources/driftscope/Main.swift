import ArgumentParser
import Files
import Foundation
import Study

/// Runs the command and maps what it throws to the documented exit codes (docs/commands.md).
@main
enum Main {
    static func main() {
        do {
            var command = try Driftscope.parseAsRoot()
            try command.run()
        } catch let error as GateFired {
            complain(error.description)
            exit(1)
        } catch let error as InputError {
            complain(error.description)
            exit(2)
        } catch let error as UnfinishedError {
            complain(error.description)
            exit(3)
        } catch let error as InterruptedError {
            complain(error.description)
            exit(130)
        } catch {
            let code = Driftscope.exitCode(for: error)
            guard code == .success || code == .validationFailure || code == .failure else { exit(code.rawValue) }
            let message = Driftscope.fullMessage(for: error)
            if code == .success {
                print(message)
                exit(0)
            }
            FileHandle.standardError.write(Data((message + "\n").utf8))
            // The parser's own code for wrong arguments is 64; ours is 2.
            exit(code == .validationFailure ? 2 : 3)
        }
    }

    private static func complain(_ line: String) {
        FileHandle.standardError.write(Data(("driftscope: " + line + "\n").utf8))
    }
}

/// A `--fail-if` gate fired; the report was written before.
struct GateFired: Error, CustomStringConvertible {
    let description: String
}
