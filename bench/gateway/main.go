// A gateway of jobs without end, faster than every client: what a job costs its client then shows.
//
// Answers what workers ask, over gRPC and over REST, with jobs that differ in their keys alone; it keeps nothing.
// Job types that begin with "idle" have no jobs; those that begin with "pushed" have theirs on streams as well.
// The first line it writes has its two addresses. GET /counts says how many jobs it gave out and how many came back.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

const (
	service     = "gateway_protocol.Gateway"
	longPoll    = 10 * time.Second
	firstKey    = uint64(2251799813685249)
	variables   = `{"amount":1,"currency":"EUR","customer":"ada"}`
)

var given, completed, failed atomic.Uint64

// raw leaves messages as the bytes they are.
type raw struct{}

func (raw) Marshal(value any) ([]byte, error) { return *value.(*[]byte), nil }
func (raw) Unmarshal(content []byte, into any) error {
	*into.(*[]byte) = append([]byte(nil), content...)
	return nil
}
func (raw) Name() string { return "proto" }

func number(to []byte, field int, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(to, uint64(field)<<3), value)
}

func text(to []byte, field int, value string) []byte {
	to = binary.AppendUvarint(to, uint64(field)<<3|2)
	return append(binary.AppendUvarint(to, uint64(len(value))), value...)
}

// What all jobs of a type have in common.
func common(jobType string) []byte {
	job := text(nil, 2, jobType)
	job = number(job, 3, firstKey-100)
	job = text(job, 4, "order")
	job = number(job, 5, 1)
	job = number(job, 6, firstKey-200)
	job = text(job, 7, "charge")
	job = number(job, 8, firstKey-99)
	job = text(job, 9, "{}")
	job = text(job, 10, "bench")
	job = number(job, 11, 3)
	job = number(job, 12, uint64(time.Now().Add(time.Hour).UnixMilli()))
	job = text(job, 13, variables)
	return text(job, 14, "<default>")
}

func nextJob(to, common []byte) []byte {
	return append(number(to, 1, firstKey+given.Add(1)), common...)
}

type asked struct {
	jobType  string
	most     uint64
	waits    int64
}

// The fields of a request that matter here; the others are passed over.
func read(request []byte) asked {
	found := asked{}
	for len(request) > 0 {
		tag, size := binary.Uvarint(request)
		request = request[size:]
		value, size := binary.Uvarint(request)
		request = request[size:]
		switch {
		case tag == 1<<3|2:
			found.jobType = string(request[:value])
		case tag == 4<<3:
			found.most = value
		case tag == 6<<3:
			found.waits = int64(value)
		}
		if tag&7 == 2 {
			request = request[value:]
		}
	}
	return found
}

func wait(ctx context.Context, milliseconds int64) {
	long := time.Duration(milliseconds) * time.Millisecond
	if milliseconds < 0 {
		return
	}
	if milliseconds == 0 {
		long = longPoll
	}
	select {
	case <-time.After(long):
	case <-ctx.Done():
	}
}

func activate(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	query := read(request)
	if strings.HasPrefix(query.jobType, "idle") {
		wait(stream.Context(), query.waits)
		return nil
	}
	shared, answer := common(query.jobType), []byte(nil)
	var job []byte
	for range query.most {
		job = nextJob(job[:0], shared)
		answer = binary.AppendUvarint(append(answer, 1<<3|2), uint64(len(job)))
		answer = append(answer, job...)
	}
	return stream.SendMsg(&answer)
}

func push(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	query := read(request)
	if !strings.HasPrefix(query.jobType, "pushed") {
		<-stream.Context().Done()
		return nil
	}
	for shared := common(query.jobType); ; {
		job := nextJob(nil, shared)
		if err := stream.SendMsg(&job); err != nil {
			return err
		}
	}
}

func always(name string, answer []byte, count *atomic.Uint64) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: name, Handler: func(
		_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor,
	) (any, error) {
		var request []byte
		if err := decode(&request); err != nil {
			return nil, err
		}
		if count != nil {
			count.Add(1)
		}
		return &answer, nil
	}}
}

func topology() []byte {
	partition := number(nil, 1, 1)
	broker := text(text(number(nil, 1, 0), 2, "127.0.0.1"), 5, "8.8.0")
	broker = text(number(broker, 3, 26501), 4, string(partition))
	answer := text(nil, 1, string(broker))
	return text(number(number(number(answer, 2, 1), 3, 1), 4, 1), 5, "8.8.0")
}

func activateOverRest(answer http.ResponseWriter, request *http.Request) {
	var query struct {
		Type              string `json:"type"`
		MaxJobsToActivate int    `json:"maxJobsToActivate"`
		RequestTimeout    int64  `json:"requestTimeout"`
	}
	if err := json.NewDecoder(request.Body).Decode(&query); err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	if strings.HasPrefix(query.Type, "idle") {
		wait(request.Context(), query.RequestTimeout)
		query.MaxJobsToActivate = 0
	}
	content := []byte(`{"jobs":[`)
	for at := range query.MaxJobsToActivate {
		if at > 0 {
			content = append(content, ',')
		}
		content = fmt.Appendf(content, `{"jobKey":"%d","type":%q,"processDefinitionId":"order",`+
			`"processDefinitionVersion":1,"elementId":"charge","customHeaders":{},"worker":"bench","retries":3,`+
			`"deadline":%d,"variables":%s,"tenantId":"<default>","processInstanceKey":"%d","processDefinitionKey":"%d",`+
			`"elementInstanceKey":"%d","kind":"BPMN_ELEMENT","listenerEventType":"UNSPECIFIED","tags":[],`+
			`"userTask":null,"rootProcessInstanceKey":null,"jobLeaseToken":null,"priority":0,"physicalTenantId":"default","businessId":null}`,
			firstKey+given.Add(1), query.Type, time.Now().Add(time.Hour).UnixMilli(), variables,
			firstKey-100, firstKey-200, firstKey-99)
	}
	answer.Header().Set("content-type", "application/json")
	_, _ = answer.Write(append(content, `]}`...))
}

func rest() *http.ServeMux {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /v2/jobs/activation", activateOverRest)
	routes.HandleFunc("POST /v2/jobs/{key}/completion", func(answer http.ResponseWriter, request *http.Request) {
		_, _ = io.Copy(io.Discard, request.Body)
		completed.Add(1)
		answer.WriteHeader(http.StatusNoContent)
	})
	routes.HandleFunc("GET /v2/topology", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("content-type", "application/json")
		_, _ = io.WriteString(answer, `{"brokers":[],"clusterId":"bench","clusterSize":1,"partitionsCount":1,`+
			`"replicationFactor":1,"gatewayVersion":"8.10.0","lastCompletedChangeId":"-1"}`)
	})
	routes.HandleFunc("GET /counts", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(answer, `{"given":%d,"completed":%d,"failed":%d}`,
			given.Load(), completed.Load(), failed.Load())
	})
	return routes
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return listener
}

func main() {
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		Methods: []grpc.MethodDesc{
			always("Topology", topology(), nil),
			always("CompleteJob", nil, &completed),
			always("FailJob", nil, &failed),
			always("ThrowError", nil, &failed),
			always("UpdateJobTimeout", nil, nil),
		},
		Streams: []grpc.StreamDesc{
			{StreamName: "ActivateJobs", Handler: activate, ServerStreams: true},
			{StreamName: "StreamActivatedJobs", Handler: push, ServerStreams: true},
		},
	}, nil)
	calls, pages := listen(), listen()
	fmt.Printf(`{"grpc":%q,"rest":"http://%s"}`+"\n", calls.Addr().String(), pages.Addr().String())
	go func() { _ = http.Serve(pages, rest()) }()
	if err := server.Serve(calls); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
