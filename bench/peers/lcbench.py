"""Evaluates the LCBench surrogate of YAHPO Gym (ONNX) on request.

usage: lcbench.py FOLDER     FOLDER holds model.onnx and encoding.json
Each line of input is {"task": OpenML task, "points": [[batch size, learning rate, momentum, weight decay, layers,
largest units, largest dropout], ...], "epochs": [...]}; the answer is a line with the validation accuracy of each
point after each epoch, in percent, and the seconds of training: {"accuracy": [[...]], "seconds": [[...]]}.
"""
import json, sys
import numpy as np
import onnxruntime

folder = sys.argv[1]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
options.log_severity_level = 3
session = onnxruntime.InferenceSession(folder + "/model.onnx", options)
tasks = json.load(open(folder + "/encoding.json"))["OpenML_task_id"]

for line in sys.stdin:
    request = json.loads(line)
    points, epochs = np.array(request["points"], float), request["epochs"]
    rows = np.column_stack([np.tile(epochs, len(points)), np.repeat(points, len(epochs), 0)]).astype(np.float32)
    task = np.full((len(rows), 1), tasks[request["task"]], np.int32)
    output = session.run(None, {"x_cat": task, "x_cont": rows})[0].astype(float)
    shape = (len(points), len(epochs))
    print(json.dumps({"accuracy": output[:, 1].reshape(shape).tolist(),
                      "seconds": output[:, 0].reshape(shape).tolist()}), flush=True)
