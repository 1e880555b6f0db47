import Foundation
import Records
import RunStore

// Writes snapshots and trajectory steps into a run folder until it is killed; after each whole record it says so on
// standard output. The tests kill it at random times and read what it left.
//
//     store-kill-probe FOLDER FIRST-STEP ROWS DIMENSIONS

let arguments = CommandLine.arguments
guard arguments.count == 5, let first = Int(arguments[2]), let rows = Int(arguments[3]),
    let dimensions = Int(arguments[4])
else { exit(2) }
let folder = arguments[1]
let isNew = !FileManager.default.fileExists(atPath: folder + "/run.h5")
let writer =
    isNew
    ? try RunWriter.create(in: folder, header: RunHeader(runID: "probe", producerVersion: "test"))
    : try RunWriter.resume(in: folder, fromStep: first - 1)
for step in first... {
    let matrix = (0..<rows * dimensions).map { Float(step) + Float($0) / 1024 }
    try writer.writeSnapshot(step: step, label: "s\(step)", rows: rows, dimensions: dimensions, input: matrix)
    try writer.append(
        TrajectoryStep(step: step, forgetLoss: Double(step), learningRate: 1, bias: ["gender": Double(step)]),
        tokens: [0, Int32(rows - 1)], embedding: matrix, dimensions: dimensions)
    try writer.flush()
    FileHandle.standardOutput.write(Data("\(step)\n".utf8))
}
